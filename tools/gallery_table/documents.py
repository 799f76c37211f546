"""The text of docs/gallery.md, of the table and the cards of the exports; no model runs."""

import pathlib
import textwrap
from collections.abc import Sequence

from gallery_table import entries

from tfvideogan.serving.export import card, publishing

TOOL = "python tools/gallery.py"
# Where inputs are written by the commands of the document.
INPUTS = "inputs"
WIDTH = 99
FOLD = " \\"
HEAD = f"""# Gallery

What lies in `saved_models/`, each at work. The inputs are clips of the test split, on
which no model was trained, drawn by seeds; those of MoCoGAN for prediction alone are real.
Numbers: [results.md](results.md).

Made by `{TOOL}`. Of two commands of an entry, the first one writes the files
that the second one reads: its answer is close to the picture, as films lose a little."""
MISSING = """## Not in saved_models/ yet

These have a configuration, and these commands make the export and its picture. How long
a training takes says the gin file."""


def document(found: Sequence[entries.Entry], exports: pathlib.Path) -> str:
    """Returns the whole document.

    Args:
      found: the table.
      exports: the folder of exports.
    """
    there = [one for one in found if version(one, exports)]
    missing = [one for one in found if one not in there]
    parts = [HEAD, *(_shown(one, exports) for one in there)]
    if missing:
        parts += [MISSING, *map(_how, missing)]
    return "\n\n".join(parts) + "\n"


def complaints(
    found: Sequence[entries.Entry], path: pathlib.Path, exports: pathlib.Path
) -> list[str]:
    """Returns a line for all in which document, pictures, table and exports disagree.

    Args:
      found: the table.
      path: of the document; pictures lie in a folder beside it.
      exports: the folder of exports.
    """
    there = [one for one in found if version(one, exports)]
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines = (
        []
        if text == document(found, exports)
        else [f"{path} is not what {TOOL} writes"]
    )
    for one in there:
        if not (path.with_suffix("") / one.picture).is_file():
            lines.append(f"{one.picture} is not drawn: {TOOL} --only={one.name}")
        if not one.fails:
            lines.append(
                f"{one.name}: look at {one.picture} and say in `fails` of "
                "tools/gallery_table/entries.py what is wrong in it"
            )
    known = {one.name for one in found}
    for graph in sorted(exports.glob(f"*/*/{publishing.GRAPH}")):
        if graph.parent.parent.name not in known:
            lines.append(
                f"{graph.parent.parent} has no entry in tools/gallery_table/entries.py"
            )
    return lines


def version(entry: entries.Entry, exports: pathlib.Path) -> int:
    """Returns the newest version of an export; 0 if there is none."""
    folder = exports / entry.name
    found = [
        one
        for one in publishing.versions(folder)
        if (folder / str(one) / publishing.GRAPH).is_file()
    ]
    return found[-1] if found else 0


def _shown(entry: entries.Entry, exports: pathlib.Path) -> str:
    """The section of an export that is there."""
    about = card.read(exports / entry.name / str(version(entry, exports)))
    draws = [f"{TOOL} --only={entry.name} --inputs={INPUTS}"] if entry.inputs else []
    asks = entry.asks.format(input=f"{INPUTS}/{entry.name}")
    commands = [*draws, f"tfvideogan generate --model=saved_models/{entry.name} {asks}"]
    where = f"[{about['model']}](../tfvideogan/models/{entry.family})"
    trained = (
        f"{where}, `{'` + `'.join(entry.gin_files)}`, {about['step']:,} steps on "
        f"{about['data']['description']}."
    )
    return "\n\n".join(
        [
            f"## {entry.title}",
            _bash(commands),
            f"![{entry.title}](gallery/{entry.picture})",
            _wrapped(f"*{entry.shows}* Input: {entry.data}. {entry.fails}".strip()),
            _wrapped(trained),
        ]
    )


def _how(entry: entries.Entry) -> str:
    """The section of an export that is missing."""
    files = " ".join(f"--gin_file={one}" for one in entry.gin_files)
    commands = [
        f"python -m tfvideogan.train {files} --workdir={entry.workdir}",
        f"python -m tfvideogan.evaluate --workdir={entry.workdir}",
        f"python -m tfvideogan.export --workdir={entry.workdir} --name={entry.name}",
        f"{TOOL} --only={entry.name}",
    ]
    where = f"[{entry.family}](../tfvideogan/models/{entry.family})"
    return f"### {entry.title}\n\n{where}:\n\n{_bash(commands)}"


def _bash(commands: Sequence[str]) -> str:
    """A block of commands; a long one goes on in further lines."""
    return "\n".join(["```bash", *map(_folded, commands), "```"])


def _folded(command: str) -> str:
    lines = textwrap.wrap(
        command,
        WIDTH - len(FOLD),
        break_long_words=False,
        break_on_hyphens=False,
        subsequent_indent="  ",
    )
    return f"{FOLD}\n".join(lines)


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)
