"""The program: lists the doors, and opens the one that is named.

tfvideogan                                    # or python -m tfvideogan
tfvideogan train --gin_file=gin/foregan.gin   # python -m tfvideogan.train ...
tfvideogan generate --help
eval "$(tfvideogan --completion=bash)"        # in ~/.bashrc; zsh: bashcompinit first
"""

import ast
import pathlib
import runpy
import sys
from collections.abc import Sequence

import tfvideogan

PROGRAM = tfvideogan.__name__
OK, BAD_INPUT = 0, 2
# In the order of their use.
DOORS = (
    "train",
    "evaluate",
    "runs",
    "generate",
    "export",
    "serve",
    "client",
    "demo",
    "check_data",
    "fetch_data",
    "first_mask",
    "data_service",
    "get_weights",
    "import_weights",
)
# Words of a door are its flags, as its help has them; after `=`, and else, files.
COMPLETION = """\
_{program}() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="{doors} --help --version"
  elif [[ "$word" == -* ]]; then
    words=$({program} "${{COMP_WORDS[1]}}" --help 2>/dev/null | grep -oE -- '--[a-z_]+')
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o default -F _{program} {program}
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Opens a door, which ends the process, or says which doors there are.

    Args:
      argv: the door and its flags; those of the process if None.

    Returns:
      The exit code.
    """
    argv = sys.argv[1:] if argv is None else list(argv)
    name = argv[0] if argv else "--help"
    if name in DOORS:
        sys.argv = [name, *argv[1:]]
        # As `python -m tfvideogan.<door>` does: sys.argv gets the door's own path.
        runpy.run_module(f"{PROGRAM}.{name}", run_name="__main__", alter_sys=True)
        return OK
    if name in ("--help", "-h", "help"):
        print(listing())
    elif name == "--version":
        print(f"{PROGRAM} {tfvideogan.__version__}")
    elif name == "--completion=bash":
        print(COMPLETION.format(program=PROGRAM, doors=" ".join(DOORS)), end="")
    else:
        sys.stderr.write(
            f"error: {PROGRAM} has no {name}; it has {', '.join(DOORS)}, --version and "
            "--completion=bash.\n"
        )
        return BAD_INPUT
    return OK


def listing() -> str:
    """Returns what the program is, and a line for each door."""
    width = max(map(len, DOORS))
    lines = [f"  {name:{width}}  {about(name)}" for name in DOORS]
    first = f"usage: {PROGRAM} DOOR [flags]; {PROGRAM} DOOR --help tells its flags"
    last = '  eval "$(tfvideogan --completion=bash)"  completes them in bash'
    return "\n".join([first, "", *lines, "", last])


def about(name: str) -> str:
    """Returns the first line of a door's docstring; the door is not imported."""
    source = pathlib.Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]


if __name__ == "__main__":
    sys.exit(main())
