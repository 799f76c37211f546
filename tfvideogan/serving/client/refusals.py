r"""What a graph or server refused, in one line.

refusals.line("assertion failed: [`seed` must be [N]]\n\t [[{{node Assert}}]]")
# "`seed` must be [N]"
"""

import re

# What an assertion in a graph says ends where TensorFlow names the operation.
_ASSERTED = re.compile(r"assertion failed: (.*?)(?:\n\s*\[\[|\s*\[Op:|\Z)", re.DOTALL)
_NODE = re.compile(r"\n\s*\[\[")


def line(message: str) -> str:
    """Returns what an assertion says, else what stands before TensorFlow's own notes."""
    asserted = _ASSERTED.search(message)
    text = asserted.group(1) if asserted else _NODE.split(message)[0]
    text = " ".join(text.split())
    return text[1:-1] if _is_bracketed(text) else text


def _is_bracketed(text: str) -> bool:
    """Whether the first bracket of a text is closed by its last character."""
    if not text.startswith("["):
        return False
    depth = 0
    for place, character in enumerate(text):
        depth += {"[": 1, "]": -1}.get(character, 0)
        if not depth:
            return place == len(text) - 1
    return False
