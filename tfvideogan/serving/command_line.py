"""What the command lines of client and server share: flags by the row.

command_line.add_flags(made, int, "N", [("port", 8500, "of gRPC; 0 for none")])
"""

import argparse
from collections.abc import Callable, Iterable
from typing import Any


def add_flags(
    made: argparse.ArgumentParser | argparse._ArgumentGroup,
    kind: Callable[[str], Any],
    shown: str,
    rows: Iterable[tuple[str, Any, str]],
) -> None:
    """Adds flags of one kind.

    Args:
      made: the parser, or a group of its flags.
      kind: reads the value.
      shown: stands for the value in the help.
      rows: name, default and meaning of each.
    """
    for name, default, meaning in rows:
        made.add_argument(
            f"--{name}", type=kind, default=default, metavar=shown, help=meaning
        )
