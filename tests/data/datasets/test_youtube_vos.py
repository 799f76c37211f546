import pathlib
import shutil

import numpy as np
import pytest

from tests import check_source
from tests.data import youtube_vos_tree
from tfvideogan.core import errors
from tfvideogan.data.datasets import youtube_vos


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return youtube_vos_tree.write(tmp_path_factory.mktemp("data") / "VOS")


@pytest.fixture
def make(root, tmp_path):
    def made(**options) -> youtube_vos.YoutubeVos:
        options = {"root": root, "frames": 3, "height": 18, "width": 32, **options}
        return youtube_vos.YoutubeVos(cache_dir=str(tmp_path / "cache"), **options)

    return made


def videos(source, split: str) -> set[int]:
    """The numbers of the videos of a split, read off their ground."""
    return {round(float(c["frames"][:, -4:].mean())) for c in source.clips(split)}


@pytest.mark.long
@pytest.mark.parametrize("options", [{}, {"masks": False, "all_frames": True}])
def test_youtube_vos_keeps_the_promises_of_a_source(make, options):
    check_source.check_source(make(**options))


def test_masks_are_the_indices_of_the_palette(make):
    clip = next(make().clips("train"))
    expected = np.zeros((18, 32), np.uint8)
    expected[4:12, 4:12] = 1  # the union, in the second frame: x from 2 + 2
    np.testing.assert_array_equal(clip["foreground_masks"][1, ..., 0], expected)
    one = next(make(object_id=2).clips("train"))["foreground_masks"]
    assert one[1].sum() == 8 * 4


def test_videos_with_masks_are_split_by_their_names(make):
    source = make()
    found = {split: videos(source, split) for split in source.splits}
    assert set(found) == {"train", "validation", "test"}
    assert sum(map(len, found.values())) == 12
    assert set.union(*found.values()) == set(range(12))
    assert "split by video" in source.describe()


def test_without_masks_the_folders_are_the_splits(make):
    source = make(masks=False)
    assert videos(source, "train") == set(range(12))
    assert videos(source, "validation") == {100, 101}
    assert videos(source, "test") == {200, 201}
    assert source.spec.fps == 6


def test_all_frames_are_read_from_their_own_folders(make):
    source = make(masks=False, all_frames=True)
    assert source.splits == ("train",) and source.spec.fps == 30
    assert source.num_frames("train") == 25


def test_flow_can_be_estimated(make):
    clip = next(make(flow=True).clips("train"))
    inner = clip["forward_flow"][0, 6:10, 4:8]
    np.testing.assert_allclose(inner.mean((0, 1)), [2, 0], atol=1.0)


def test_the_longest_run_of_annotated_frames_is_the_clip(tmp_path):
    root = pathlib.Path(youtube_vos_tree.write(tmp_path / "VOS", num_frames=7))
    for folder in (root / "train/Annotations").iterdir():
        (folder / "00010.png").unlink()  # leaves runs of 2 and 4 frames
    source = youtube_vos.YoutubeVos(
        str(root), frames=4, height=18, width=32, cache_dir=str(tmp_path / "cache")
    )
    clip = next(source.clips("train"))
    assert len(clip["frames"]) == 4
    # The run begins at number 15, the fourth frame: the square is at 2 + 2 * 3.
    assert clip["foreground_masks"][0, 6, 8, 0] == 1
    assert clip["foreground_masks"][0, 6, 7, 0] == 0


def complaint(root, tmp_path, **options) -> str:
    with pytest.raises(errors.UserError) as raised:
        youtube_vos.YoutubeVos(
            str(root), frames=3, cache_dir=str(tmp_path / "c"), **options
        )
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_bad_folders_and_arguments_are_named(tmp_path):
    text = complaint(tmp_path / "gone", tmp_path)
    assert "gone/train/JPEGImages does not exist; expected <root>/train" in text
    root = pathlib.Path(youtube_vos_tree.write(tmp_path / "VOS"))
    assert "`all_frames` has no masks" in complaint(root, tmp_path, all_frames=True)
    path = root / "train/JPEGImages/0000000001/00005.jpg"
    content = path.read_bytes()
    path.write_bytes(content[:200])
    assert f"{path} is damaged" in complaint(root, tmp_path)
    shutil.rmtree(root / "train/Annotations/0000000003")
    path.write_bytes(content)
    assert "0000000003 has no masks" in complaint(root, tmp_path)
    source = youtube_vos.YoutubeVos(
        str(root), frames=3, cache_dir=str(tmp_path / "c"), max_damaged=0.1
    )
    assert "1 damaged (train/0000000003" in source.describe()
