r"""What a graph refused, in one line: of a server, or in this process.

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
    return _without_brackets(text)


def _without_brackets(text: str) -> str:
    """Takes away the brackets round all of a text; of one that was cut off, the first."""
    depth = 0
    for place, character in enumerate(text):
        depth += {"[": 1, "]": -1}.get(character, 0)
        if not depth:
            is_round_all = text[0] == "[" and place == len(text) - 1
            return text[1:-1] if is_round_all else text
    return text[1:]
