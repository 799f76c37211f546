import pathlib

import cv2
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests import check_source
from tests.data import davis_tree
from tfvideogan.core import errors
from tfvideogan.data.datasets.davis import davis
from tfvideogan.media import flow, stills


@pytest.fixture
def root(tmp_path) -> pathlib.Path:
    return davis_tree.write(tmp_path / "DAVIS")


def make(root: pathlib.Path, **options) -> davis.Davis:
    options = {"frames": 3, "height": 36, "width": 48, **options}
    return davis.Davis(str(root), cache_dir=str(root.parent / "cache"), **options)


@pytest.mark.parametrize("year", ["2016", "2017"])
def test_davis_keeps_the_promises_of_a_source(tmp_path, year):
    root = davis_tree.write(tmp_path / "DAVIS", year=year)
    check_source.check_source(make(root, year=year))


def test_clips_of_the_original_size_are_the_files_themselves(root):
    clip = next(make(root).clips("train"))
    frame = stills.read_frame(root / "JPEGImages/480p/bear/00002.jpg")
    np.testing.assert_array_equal(clip["frames"][2], frame)
    # The square of davis_tree: rows 8..23, columns 4 + 2 t ..
    expected = np.zeros((36, 48), np.uint8)
    expected[8:24, 8:24] = 1
    np.testing.assert_array_equal(clip["foreground_masks"][2, ..., 0], expected)


def test_shrunken_frames_are_area_means_and_masks_stay_binary(root):
    clip = next(make(root, height=18, width=24).clips("train"))
    frame = stills.read_frame(root / "JPEGImages/480p/bear/00000.jpg")
    mean = frame.reshape(18, 2, 24, 2, 3).mean((1, 3))
    np.testing.assert_allclose(clip["frames"][0], mean, atol=0.51)
    assert set(np.unique(clip["foreground_masks"])) == {0, 1}
    assert clip["foreground_masks"][0].sum() == 64  # a quarter of 16 x 16


def test_flow_of_dis_follows_the_square(root):
    clip = next(make(root).clips("train"))
    inner = np.s_[0, 12:20, 10:16]
    np.testing.assert_allclose(
        clip["forward_flow"][inner].mean((0, 1)), [2, 0], atol=0.5
    )


def test_one_object_of_2017_can_be_chosen(tmp_path):
    root = davis_tree.write(tmp_path / "DAVIS", year="2017")
    indices = np.zeros((36, 48), np.uint8)
    indices[:4], indices[-4:], indices[10] = 1, 2, 255
    for path in root.glob("Annotations/480p/*/*.png"):
        davis_tree.palette(indices).save(path)
    both = next(make(root, year="2017").clips("train"))["foreground_masks"]
    second = next(make(root, year="2017", object_id=2).clips("train"))
    assert both[0].sum() == 2 * 4 * 48
    np.testing.assert_array_equal(second["foreground_masks"][0, ..., 0], indices == 2)


def test_flow_files_are_read_and_scaled(root):
    for folder in (root / "JPEGImages/480p").iterdir():
        length = len(list(folder.iterdir()))
        for way, first, vector in (("forward", 0, [4, 2]), ("backward", 1, [-4, -2])):
            target = root.parent / "flow" / way / folder.name
            target.mkdir(parents=True)
            for t in range(length - 1):
                full = np.broadcast_to(np.float32(vector), (36, 48, 2))
                flow.write_flo(target / f"{t + first:05d}.flo", full)
    source = make(
        root, height=18, width=24, flow="files", flow_root=str(root.parent / "flow")
    )
    clip = next(source.clips("train"))
    assert clip["forward_flow"].shape == (5, 18, 24, 2)
    np.testing.assert_allclose(clip["forward_flow"][0, 0, 0], [2, 1])
    np.testing.assert_allclose(clip["backward_flow"][0, 0, 0], [-2, -1])


def test_the_second_time_nothing_is_converted(root, monkeypatch):
    make(root)
    monkeypatch.setattr(stills, "read_frame", None)
    assert make(root).num_clips("train") == 2


def test_a_changed_file_or_parameter_is_noticed(root):
    before = next(make(root).clips("train"))["frames"]
    assert next(make(root, height=18).clips("train"))["frames"].shape[1] == 18
    path = root / "JPEGImages/480p/bear/00000.jpg"
    Image.fromarray(255 - stills.read_frame(path)).save(path)
    after = next(make(root).clips("train"))["frames"]
    assert np.abs(after[0].astype(int) - before[0]).mean() > 20
    np.testing.assert_array_equal(after[1], before[1])


def test_the_description_names_the_folder_and_how_flow_was_made(root):
    text = make(root).describe()
    assert str(root) in text and "2 train" in text and "DIS" in text


def test_the_shortest_sequence_bounds_a_window(root):
    source = make(root)
    assert source.num_frames("train") == 4
    with pytest.raises(errors.UserError, match=r"`frames` \(5\).*1 and 4"):
        source.read("train", tf.constant(0, tf.int64), frames=5)


def complaint(root, **options) -> str:
    with pytest.raises(errors.UserError) as raised:
        make(root, **options)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_sequence_shorter_than_a_window_is_named(root):
    text = complaint(root, frames=5)
    assert "dog has 4 frames, fewer than `frames` (5)" in text


def test_a_truncated_jpeg_is_named_and_leaves_no_cache(root):
    path = root / "JPEGImages/480p/dog/00001.jpg"
    path.write_bytes(path.read_bytes()[:-200])
    assert f"{path} is damaged" in complaint(root)
    assert list((root.parent / "cache").iterdir()) == []


def test_flow_from_files_needs_their_folder(root):
    assert "`flow_root` (None)" in complaint(root, flow="files")
    text = complaint(root, flow="files", flow_root=str(root / "gone"))
    assert "has 0 .flo files" in text and "<flow_root>/backward" in text


def test_a_flow_file_that_is_none_is_named(root):
    test_flow_files_are_read_and_scaled(root)
    bad = root.parent / "flow/forward/dog/00001.flo"
    bad.write_bytes(b"JUNK" * 9)
    text = complaint(root, flow="files", flow_root=str(root.parent / "flow"))
    assert f"{bad} is not a .flo file" in text


def test_wide_pictures_are_stretched(root):
    for path in root.glob("JPEGImages/480p/dog/*.jpg"):
        frame = cv2.resize(stills.read_frame(path), (60, 36))
        Image.fromarray(frame).save(path)
        mask = path.parents[3] / "Annotations/480p/dog" / f"{path.stem}.png"
        Image.fromarray(np.zeros((36, 60), np.uint8)).save(mask)
    clips = list(make(root).clips("train"))
    assert clips[1]["frames"].shape == (4, 36, 48, 3)


def test_a_mask_of_another_mode_is_read_like_the_rest(root):
    # As bear/00077.png of DAVIS-2016: grey with an alpha channel that is opaque.
    path = root / "Annotations/480p/bear/00002.png"
    before = next(make(root).clips("train"))["foreground_masks"]
    Image.open(path).convert("LA").save(path)
    source = make(root)
    after = next(source.clips("train"))["foreground_masks"]
    np.testing.assert_array_equal(after, before)
    assert source.notes == ("masks: greys from 128 are the object",)
