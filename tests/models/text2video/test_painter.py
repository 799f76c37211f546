"""What makes first frames is an export that makes pictures of text."""

import pytest

from tests.models.text2video import tiny, toy_painter
from tfvideogan.core import errors
from tfvideogan.models.text2video import painter


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: str(folder / "none"), "is no export; name the folder of a"),
        (
            lambda folder: toy_painter.saved(folder / "small", size=4),
            "whose `image` is [N, 8, 8, 3]; it has image (None, 4, 4, 3)",
        ),
    ],
)
def test_what_is_no_painter_is_refused(tmp_path, make, words):
    with pytest.raises(errors.UserError) as found:
        painter.Painter(make(tmp_path), tiny.SPEC)
    assert words in str(found.value)
