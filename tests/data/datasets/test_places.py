import numpy as np
import pytest
from PIL import Image

from tests import check_source
from tfvideogan.core import errors
from tfvideogan.data.datasets import places


def write(root, folders):
    """Stills of 20x12 with a ramp; their grey is their number."""
    for folder, numbers in folders.items():
        for number in numbers:
            path = root / folder / f"{number:08d}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            still = np.full((12, 20, 3), 8 * number, np.uint8)
            still += np.arange(20, dtype=np.uint8)[:, None] * 2
            Image.fromarray(still).save(path, quality=98)
    return str(root)


SMALL = {
    "train/airfield": range(4),
    "train/bar": range(4, 7),
    "val": [7, 8],
    "test": [9],
}


@pytest.fixture
def make(tmp_path):
    root = write(tmp_path / "places", SMALL)

    def made(**options) -> places.Places:
        options = {"height": 12, "width": 12, **options}
        return places.Places(root, cache_dir=str(tmp_path / "cache"), **options)

    return made


def test_places_keep_the_promises_of_a_source(make):
    source = make()
    check_source.check_source(source)
    assert [source.num_clips(split) for split in source.splits] == [7, 2, 1]
    assert source.spec.frames == source.num_frames("train") == 1


def test_a_still_is_one_frame_and_cropped_in_the_middle(make):
    still = next(make().clips("validation"))["frames"]
    expected = 8 * 7 + 2 * (4 + np.arange(12))  # four columns are cut off on each side
    assert still.shape == (1, 12, 12, 3)
    np.testing.assert_allclose(still[0, 5, :, 0], expected, atol=2)


def test_the_layout_of_the_small_pictures_is_read(tmp_path):
    root = write(tmp_path, {"data_256/a/airfield": [1, 2], "val_256": [3]})
    source = places.Places(root, height=12, width=12, cache_dir=str(tmp_path / "c"))
    assert source.splits == ("train", "validation")
    assert [source.num_clips(split) for split in source.splits] == [2, 1]


def test_a_sample_is_always_the_same(make):
    greys = [
        [
            round(float(clip["frames"].mean()))
            for clip in make(max_stills=3).clips("train")
        ]
        for _ in range(2)
    ]
    assert len(greys[0]) == 3 and greys[0] == greys[1]


def test_bad_folders_and_arguments_are_named(tmp_path, make):
    with pytest.raises(
        errors.UserError, match=r"gone does not exist; expected <root>/tr"
    ):
        places.Places(str(tmp_path / "gone"))
    with pytest.raises(errors.UserError, match="has no training pictures"):
        places.Places(str(tmp_path / "places/val"))
    with pytest.raises(errors.UserError, match=r"`max_stills` \(0\)"):
        make(max_stills=0)
    path = tmp_path / "places/train/bar/00000005.jpg"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(errors.UserError, match=f"{path} is damaged"):
        make()
