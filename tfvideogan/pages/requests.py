"""From what was filled in to a command line: the one that runs, and the one to copy.

asked = requests.Request("predict", {"input": "/tmp/x/clip.mp4", "seed": 3})
asked.flags("out.mp4")                      # what runs, with the paths
asked.command(source.command, "out.mp4")    # what is shown, with the names of the files
"""

import argparse
import dataclasses
import pathlib
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from tfvideogan.core import errors
from tfvideogan.serving.client import flags

# Flags whose values are files.
FILES = ("input", "mask", "motion")


@dataclasses.dataclass(frozen=True)
class Request:
    """What is asked of a signature.

    Attributes:
      verb: its name.
      values: by the names of flags; what is None, empty or the flag's default is not
        asked.
    """

    verb: str
    values: Mapping[str, Any]

    def flags(self, output: str) -> list[str]:
        """Returns the flags of the command line, with `output` as the file to write."""
        return _flags(self.verb, self.values, output)

    def command(self, start: Sequence[str], output: str) -> str:
        """Returns the command line for a shell in the folder that has the files.

        Args:
          start: the words that name program, door and model.
          output: the file to write.
        """
        named = {
            name: _name(value) if name in FILES else value
            for name, value in self.values.items()
        }
        return shlex.join([*start, *_flags(self.verb, named, output)])

    def options(self, output: str) -> argparse.Namespace:
        """Returns what the client's own parser makes of the flags, checked.

        Raises:
          UserError: a number is none or out of range, or a file does not exist.
        """
        try:
            parsed = _parser().parse_args(self.flags(output))
        except argparse.ArgumentError as error:
            raise errors.UserError(str(error)) from error
        flags.check(parsed)
        return parsed


def _flags(verb: str, values: Mapping[str, Any], output: str) -> list[str]:
    defaults = _parser()
    words = [f"--signature={verb}"]
    for name, value in values.items():
        if isinstance(value, list | tuple):
            words += [f"--{name}={one}" for one in value]
        elif value not in (None, "", defaults.get_default(name)):
            words.append(f"--{name}={value}")
    return [*words, f"--output={output}"]


def _name(value: Any) -> Any:
    """Returns the names of files without their folders; of a box, the box."""
    if isinstance(value, list | tuple):
        return [_name(one) for one in value]
    return pathlib.PurePath(value).name if value else value


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(exit_on_error=False)
    flags.add_request(made)
    return made
