"""Where the tables stand, and whether a document has a score that no record has.

README.md and docs/results.md hold the rendered part between two markers,
`<!-- results: begin -->` and `<!-- results: end -->`; what is around it is written by hand.
"""

import pathlib
import re
from collections.abc import Iterator, Sequence

from results_table import markdown
from results_table import records as recorded

from tfvideogan.core import errors

README, RESULTS = "README.md", "docs/results.md"
# Whose scores must stand in docs/results.md, too.
PROSE = (README, "docs/experiments.md", "docs/evaluation.md")
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
REMEDY = "python tools/results.py --write"
# In a sentence with one of these words, numbers are scores.
MEASURE = re.compile(
    r"\b([JF]|J&F|PSNR|SSIM|LPIPS|MSE|ACD|FVD|KVD|V?FID|KID|MCS|tOF|E_warp|dB|"
    r"[Ii]nception score|[Aa]ccuracy|[Mm]otion score|[Ll]oop score)\b"
)
# With decimals, or per cent.
SCORE = re.compile(r"(?<![\w.,])(?:\d[\d,]*\.\d+|\d+(?= ?%))(?![\w]|\.\d)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
PARTS = re.compile(r"(?<=[.:;!?])\s+|\n(?=\|)|(?<=\|)\n|\n\s*\n")


def write(root: pathlib.Path, records: Sequence[recorded.Record]) -> None:
    """Writes the tables of records into the documents of a checkout.

    Raises:
      UserError: a document has no place for them.
    """
    for name, text in _rendered(root, records).items():
        (root / name).write_text(text, encoding="utf-8")


def check(root: pathlib.Path, records: Sequence[recorded.Record]) -> list[str]:
    """Returns a line for all that a document says and the records do not."""
    complaints = [
        f"{name} is not what {REMEDY} writes"
        for name, text in _rendered(root, records).items()
        if text != _read(root, name)
    ]
    results = _read(root, RESULTS)
    return complaints + [
        f"{name}: no row of {RESULTS} says {one}"
        for name in PROSE
        if (root / name).is_file()
        for one in strays(_prose(_read(root, name)), results)
    ]


def replaced(text: str, part: str) -> str:
    """Returns a document with another part between its markers.

    Raises:
      UserError: it has none.
    """
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not end:
        raise errors.UserError(f"no {BEGIN} and {END} in the document; put them back.")
    return f"{head}{begin}\n\n{part}\n\n{end}{tail}"


def strays(text: str, known: str) -> list[str]:
    """Returns scores that only one text tells, each with its sentence.

    Args:
      text: Markdown; code is left out.
      known: a text in which scores may be looked up.
    """
    allowed = set(SCORE.findall(known))
    return [
        f'{score}: "{" ".join(sentence.split())}"'
        for sentence in _sentences(text)
        if MEASURE.search(sentence)
        for score in SCORE.findall(sentence)
        if score not in allowed
    ]


def _rendered(root: pathlib.Path, records: Sequence[recorded.Record]) -> dict[str, str]:
    return {
        README: replaced(_read(root, README), markdown.readme_table(records)),
        RESULTS: replaced(_read(root, RESULTS), markdown.document(records)),
    }


def _prose(text: str) -> str:
    """A document without its rendered part."""
    return replaced(text, "") if BEGIN in text else text


def _read(root: pathlib.Path, name: str) -> str:
    return (root / name).read_text(encoding="utf-8")


def _sentences(text: str) -> Iterator[str]:
    """Sentences, and lines of tables."""
    return filter(str.strip, PARTS.split(CODE.sub("", text)))
