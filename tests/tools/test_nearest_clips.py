"""The tool that lays samples over their nearest training clips finds these."""

import nearest_clips as tool
import numpy as np
import pytest
from PIL import Image

from tests import source_tree


@pytest.fixture(autouse=True)
def here(monkeypatch, tmp_path):
    monkeypatch.chdir(source_tree.ROOT)
    monkeypatch.setenv("TFVIDEOGAN_CACHE", str(tmp_path))


def clips(number=3, length=6):
    random = np.random.default_rng(0)
    shape = (number, length, 4, 5, 1)
    return random.integers(20, 200, shape, dtype=np.uint8)


def test_the_window_that_a_sample_was_copied_from_is_found():
    training = clips()
    samples = np.stack([training[2, 1:5], training[0, 2:6] + 3])
    found = tool.nearest(samples, [{"frames": one} for one in training])
    assert [one.place for one in found] == [(2, 1), (0, 2)]
    # Equal, and three levels apart everywhere; float32 sums of squares leave some rounding.
    np.testing.assert_allclose([one.distance for one in found], [0.0, 3.0], atol=0.05)
    np.testing.assert_array_equal(found[1].frames, training[0, 2:6])


def test_rows_come_in_pairs():
    samples = clips(2)
    found = tool.nearest(samples, [{"frames": one} for one in samples[::-1]])
    drawn = tool.picture(samples, found)
    # Four rows and six columns, with a gap of two behind each.
    assert drawn.shape == (4 * (4 + 2), 6 * (5 + 2), 3)
    grey = drawn[..., :1]
    np.testing.assert_array_equal(grey[:4, :5], samples[0, 0])
    np.testing.assert_array_equal(grey[6:10, :5], samples[0, 0])


@pytest.mark.slow
def test_samples_of_an_export_are_shown(tmp_path, capsys):
    path = tmp_path / "nearest.png"
    flags = ["--model=saved_models/dvdgan", "--gin_file=gin/dvdgan.gin", "--samples=2"]
    few = "--gin_param=walkers.Walkers.num_train_clips = 4"
    assert tool.main([*flags, few, f"--output={path}"]) == 0
    printed = capsys.readouterr().out
    assert "samples" in printed and "real, test" in printed
    with Image.open(path) as drawn:
        assert drawn.size == (8 * (64 + 2), 4 * (64 + 2))


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--model=saved_models/foregan"], "generates nothing; it has"),
        (["--model=saved_models/dvdgan", "--samples=0"], "--samples (0) must be"),
        (["--model=saved_models/dvdgan", "--output=a.gif"], "must end with .png"),
        (
            ["--model=saved_models/dvdgan", "--gin_param=HEIGHT = 32"],
            "give the gin files that it was trained with",
        ),
    ],
)
def test_bad_input_is_one_line(tmp_path, capsys, flags, words):
    common = ["--gin_file=gin/dvdgan.gin", f"--output={tmp_path}/a.png"]
    assert tool.main([*common, *flags]) == 2
    assert words in capsys.readouterr().err.splitlines()[-1]
