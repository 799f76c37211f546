"""What TensorFlow says of an assertion becomes one line."""

import pytest

from tfvideogan.core import refusals

# As the session of a server words it, and as a function in Python.
SERVED = "assertion failed: [`frames` must be [N, T], but is [1 2]]\n\t [[{{node s}}]]"
EAGER = (
    "Graph execution error:\n\nDetected at node s defined at (most recent call last):\n"
    f"<stack traces unavailable>\n{SERVED} [Op:__inference_call_5220]"
)


@pytest.mark.parametrize(
    "message, line",
    [
        (SERVED, "`frames` must be [N, T], but is [1 2]"),
        (EAGER, "`frames` must be [N, T], but is [1 2]"),
        ("assertion failed: [one] [two] [Op:Assert]", "[one] [two]"),
        ("assertion failed: [a [b], c ...TRUNCATED", "a [b], c ...TRUNCATED"),
        ("assertion failed: [a word \n with breaks]", "a word with breaks"),
        ("No such thing\n\t [[{{node x}}]]", "No such thing"),
        ("Servable not found", "Servable not found"),
        ("", ""),
    ],
)
def test_a_refusal_is_one_line(message: str, line: str) -> None:
    assert refusals.line(message) == line
