import functools
import pathlib

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests import check_source
from tests.data import films
from tfvideogan.core import errors
from tfvideogan.data.datasets.folder import folder
from tfvideogan.media import reader, writer


@pytest.fixture
def root(tmp_path) -> pathlib.Path:
    """Four kinds of videos in two classes, each a ramp of greys."""
    root = tmp_path / "videos"
    films.write(root / "run" / "one.mp4")
    films.write(root / "run" / "two.avi")
    films.write(root / "walk" / "three.webm", films.ramp(8))
    writer.write_video(root / "walk" / "four.gif", films.ramp(6), fps=25)
    writer.write_video(root / "walk" / "five", films.ramp(7), fps=25)
    return root


def make(root: pathlib.Path, **options) -> folder.Folder:
    options = {"frames": 4, "height": 16, "width": 24, **options}
    return folder.Folder(str(root), cache_dir=str(root.parent / "cache"), **options)


def clips(source) -> list[dict]:
    return [clip for split in source.splits for clip in source.clips(split)]


def test_a_folder_of_all_kinds_keeps_the_promises_of_a_source(root):
    check_source.check_source(make(root))


def test_every_kind_is_read_whole(root):
    source = make(root)
    lengths = dict(zip(source.records.ids, source.records.lengths, strict=True))
    assert lengths == {
        "run/one.mp4": 10,
        "run/two.avi": 10,
        "walk/three.webm": 8,
        "walk/four.gif": 6,
        "walk/five": 7,
    }
    for clip in clips(source):
        assert films.greys(clip["frames"]) == list(range(len(clip["frames"])))


def test_classes_are_labels_and_every_video_is_in_one_split(root):
    source = make(root)
    assert source.class_names == ("run", "walk")
    assert sorted(int(clip["labels"]) for clip in clips(source)) == [0, 0, 1, 1, 1]
    assert source.splits == ("train", "validation", "test")


def test_videos_may_lie_side_by_side_or_alone(tmp_path):
    for name in ("a.mp4", "b.mov", "c.mkv"):
        films.write(tmp_path / "flat" / name)
    assert make(tmp_path / "flat").spec.num_classes == 0
    alone = make(tmp_path / "flat" / "a.mp4")
    assert alone.splits == ("train",) and alone.num_clips("train") == 1
    writer.write_video(tmp_path / "frames", films.ramp(4), fps=8)
    assert make(tmp_path / "frames").num_frames("train") == 4


def test_folders_of_splits_are_obeyed(root):
    (root / "train").mkdir()
    (root / "run").rename(root / "train" / "run")
    (root / "test").mkdir()
    (root / "walk").rename(root / "test" / "walk")
    source = make(root)
    assert source.splits == ("train", "test")
    assert (source.num_clips("train"), source.num_clips("test")) == (2, 3)


def test_a_long_video_is_one_clip_with_many_windows(tmp_path):
    films.write(tmp_path / "v" / "long.avi", films.ramp(10).repeat(60, 0))
    source = make(tmp_path / "v")
    assert source.num_frames("train") == 600
    index = tf.constant(0, tf.int64)
    windows = [
        source.read("train", index, frames=4, seed=tf.constant([0, number]))
        for number in range(20)
    ]
    assert len({films.greys(window["frames"].numpy())[0] for window in windows}) > 5


def test_all_windows_of_evaluation_do_not_overlap(root):
    source = make(root, eval_frames=4, test=0.5)
    lengths = {"run/one.mp4": 10, "run/two.avi": 10, "walk/three.webm": 8}
    assert source.num_clips("test") >= 1
    for clip in source.clips("test"):
        start = films.greys(clip["frames"])[0]
        assert len(clip["frames"]) == 4 and start % 4 == 0
    assert source.num_clips("test") <= sum(one // 4 for one in lengths.values()) + 2


def test_rates_may_be_made_equal(tmp_path):
    films.write(tmp_path / "v" / "fast.mp4", rate=50)
    films.write(tmp_path / "v" / "slow.mp4", rate=25)
    (note,) = (one for one in make(tmp_path / "v").notes if "frames/s" in one)
    assert note.startswith("films have 25 to 50 frames/s") and "`fps` = 25" in note
    source = make(tmp_path / "v", fps=25, frames=2)
    assert sorted(source.records.lengths) == [5, 10]
    assert source.spec.fps == 25


@pytest.mark.parametrize("place", ["masks", "beside"])
def test_masks_come_with_films_and_folders(root, place):
    for path in (*root.glob("*/*.*"), root / "walk/five"):
        name = path.stem
        target = root / path.parent.name / f"{name}_mask"
        if place == "masks":
            target = root / "masks" / path.parent.name / name
        target.mkdir(parents=True)
        for number in range(10):
            mask = np.zeros((32, 48), np.uint8)
            mask[:, : 4 * number + 4] = 255
            Image.fromarray(mask).save(target / f"{number:05d}.png")
    source = make(root, flow="none")
    check_source.check_source(source)
    assert source.spec.has_masks and source.class_names == ("run", "walk")
    for clip in clips(source):
        # Half the size: column 2 t + 2 of 24 is the first that is not the object.
        widths = clip["foreground_masks"][:, 0, :, 0].sum(-1)
        assert widths.tolist() == [2 * t + 2 for t in range(len(clip["frames"]))]


def test_captions_come_from_a_file_or_from_names(root):
    lines = [f"{name},The {name} goes" for name in ("one", "two", "three", "four")]
    (root / "captions.csv").write_text("\n".join([*lines, "five,Five is it"]))
    source = make(root)
    check_source.check_source(source)
    texts = [source.vocabulary.decode(clip["caption_tokens"]) for clip in clips(source)]
    assert sorted(texts)[0] == "five is it" and "the one goes" in texts
    assert source.spec.caption_length == 3
    names = make(root, captions_from="names")
    assert "three" in names.vocabulary.words and names.spec.caption_length == 1
    assert make(root, captions_from="none").spec.caption_length == 0


def complaint(root: pathlib.Path, **options) -> str:
    with pytest.raises(errors.UserError) as raised:
        make(root, **options)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_missing_and_an_empty_folder_show_what_was_expected(tmp_path):
    assert "does not exist; expected videos (mp4" in complaint(tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    assert "no clips to train on; expected videos" in complaint(tmp_path / "empty")


def test_an_empty_and_a_truncated_video_are_named(root):
    (root / "run" / "one.mp4").write_bytes(b"")
    assert "one.mp4 is empty (0 bytes)" in complaint(root)
    (root / "run" / "one.mp4").unlink()
    films.truncate(root / "run" / "two.avi", 0.8)
    text = complaint(root)
    assert "two.avi" in text and "cut off" in text
    source = make(root, max_damaged=0.25)
    assert len(clips(source)) == 3 and "1 damaged (run/two.avi" in source.describe()


def test_mixed_sizes_within_a_folder_of_frames_are_named(root):
    Image.new("RGB", (9, 9)).save(root / "walk" / "five" / "00003.png")
    text = complaint(root)
    assert "00003.png is 9x9 but 00000.png is 32x48" in text


def test_videos_of_different_and_odd_sizes_are_fitted(tmp_path):
    films.write(tmp_path / "v" / "a.mp4", films.ramp(5, 34, 62))
    writer.write_video(tmp_path / "v" / "b", films.ramp(5, 31, 17), fps=8)
    for fit in ("crop", "stretch"):
        source = make(tmp_path / "v", fit=fit, height=15, width=21)
        assert {clip["frames"].shape[1:] for clip in clips(source)} == {(15, 21, 3)}


def test_deep_and_transparent_pictures_are_read(tmp_path):
    deep = tmp_path / "v" / "deep"
    deep.mkdir(parents=True)
    for number in range(4):
        grey = np.full((16, 24), 257 * 100, np.uint16)
        Image.fromarray(grey).save(deep / f"{number}.png")
    glass = tmp_path / "v" / "glass"
    glass.mkdir()
    for number in range(4):
        Image.new("RGBA", (24, 16), (200, 200, 200, 51)).save(glass / f"{number}.png")
    values = sorted(int(clip["frames"].mean()) for clip in clips(make(tmp_path / "v")))
    assert values == [40, 100]


def test_a_variable_frame_rate_is_made_constant(tmp_path):
    films.write(
        tmp_path / "v" / "a.mp4", films.ramp(6), rate=10, times=[0, 1, 2, 5, 7, 8]
    )
    source = make(tmp_path / "v", fps=10)
    (clip,) = source.clips("train")
    assert films.greys(clip["frames"]) == [0, 1, 2, 2, 2, 3, 3, 4, 5]


def test_masks_that_some_frames_or_clips_lack_are_named(root):
    masks = root / "walk" / "five_mask"
    writer.write_video(masks, np.full((7, 32, 48, 1), 255, np.uint8), fps=8)
    text = complaint(root)
    assert "has no masks although other clips have" in text
    for path in (root / "run").iterdir():
        path.unlink()
    for name in ("three.webm", "four.gif"):
        (root / "walk" / name).unlink()
    (masks / "00004.png").unlink()
    assert "lacks 1 masks of the 7 frames" in complaint(root)
    assert not make(root, masks=False).spec.has_masks


def test_a_wrong_caption_file_is_named(root):
    (root / "captions.json").write_text('{"six": "is not there"}')
    assert "clips that do not exist" in complaint(root)
    assert "gone.csv cannot be read" in complaint(root, captions_from="gone.csv")


def test_options_that_do_not_fit_are_named(root):
    assert "`fit` ('squash')" in complaint(root, fit="squash")
    assert "`mask_values` ('red')" in complaint(root, masks=True, mask_values="red")


def mask(folder: pathlib.Path, number: int, value: int = 255) -> None:
    """A mask whose object is the `number + 1` times four left columns."""
    folder.mkdir(parents=True, exist_ok=True)
    picture = np.zeros((32, 48), np.uint8)
    picture[:, : 4 * number + 4] = value
    Image.fromarray(picture).save(folder / f"{number:05d}.png")


@pytest.mark.parametrize("kind", ["folder", "picture", "apart"])
def test_a_mask_of_the_first_frame_alone_suffices(tmp_path, kind):
    root = tmp_path / "v"
    films.write(root / "a.mp4", films.ramp(9))
    writer.write_video(root / "b", films.ramp(9), fps=8)
    for name, number in (("a", 1), ("b", 0)):
        mask(root / f"{name}_mask", number)
        if kind == "picture":
            (picture,) = (root / f"{name}_mask").iterdir()
            picture.rename(root / f"{name}_mask.png")
            (root / f"{name}_mask").rmdir()
        if kind == "apart":
            (root / "masks").mkdir(exist_ok=True)
            (root / f"{name}_mask").rename(root / "masks" / name)
    source = make(root, flow="dis")
    assert not source.has_all_masks and folder.FIRST_NOTE in source.notes
    assert not any("without a video" in note for note in source.notes)
    index = tf.constant(0, tf.int64)
    for number in range(9):
        window = source.read("train", index, frames=4, seed=tf.constant([0, number]))
        assert films.greys(window["frames"].numpy()) == [0, 1, 2, 3]
        masks = window["foreground_masks"].numpy()
        assert masks[0].any() and not masks[1:].any()
    widths = [clip["foreground_masks"][0, 0, :, 0].sum() for clip in clips(source)]
    assert sorted(widths) == [2, 4]
    # Cut for evaluation, only the part that begins with the mask is left.
    cut = make(root, eval_frames=4, test=0.5)
    assert cut.num_clips("test") == 1


def test_first_masks_are_read_of_sets_with_more_on_request(tmp_path):
    root = tmp_path / "v"
    for name, numbers in (("a", range(4)), ("b", [0])):
        writer.write_video(root / name, films.ramp(4), fps=8)
        for number in numbers:
            mask(root / f"{name}_mask", number)
    assert '`masks` = "first" or False' in complaint(root)
    source = make(root, masks="first")
    assert not source.has_all_masks
    assert [int(c["foreground_masks"].sum()) for c in clips(source)] == [2 * 16] * 2
    assert "`masks` ('last')" in complaint(root, masks="last")
    (root / "b_mask" / "00000.png").rename(root / "b_mask" / "00002.png")
    assert "is that of 00002.png, but" in complaint(root, masks="first")


@pytest.mark.parametrize("fps", [None, 5.0])
def test_masks_stay_with_their_frames_at_any_rate(tmp_path, fps):
    films.write(
        tmp_path / "v" / "a.mp4", films.ramp(6), rate=10, times=[0, 1, 2, 5, 7, 8]
    )
    for number in range(6):
        mask(tmp_path / "v" / "a_mask", number)
    (clip,) = make(tmp_path / "v", fps=fps).clips("train")
    widths = clip["foreground_masks"][:, 0, :, 0].sum(-1)
    assert len(set(widths.tolist())) > 3
    assert (widths // 2 - 1).tolist() == films.greys(clip["frames"])


def test_clips_with_masks_have_flow_that_follows_the_object(tmp_path):
    # Noise behind a square of other noise that moves by two pixels.
    noise = np.random.default_rng(0).integers(0, 255, (2, 8, 12, 3), np.uint8)
    wide = noise.repeat(4, 1).repeat(4, 2)
    for name in ("a", "b"):
        for t in range(6):
            frame = wide[0].copy()
            frame[8:24, 8 + 2 * t : 24 + 2 * t] = wide[1, 8:24, 8:24]
            picture = np.zeros((32, 48), np.uint8)
            picture[8:24, 8 + 2 * t : 24 + 2 * t] = 255
            for kind, image in ((name, frame), (f"{name}_mask", picture)):
                (tmp_path / "v" / kind).mkdir(parents=True, exist_ok=True)
                Image.fromarray(image).save(tmp_path / "v" / kind / f"{t}.png")
    source = make(tmp_path / "v", height=32, width=48)
    check_source.check_source(source)
    clip = next(source.clips("train"))
    inner = clip["forward_flow"][0, 12:20, 12:20].reshape(-1, 2)
    np.testing.assert_allclose(np.median(inner, 0), [2, 0], atol=0.5)
    assert not make(tmp_path / "v", flow="none").spec.has_flow
    assert not make(tmp_path / "v", frames=3, stride=2).spec.has_flow
    assert "`flow` (True)" in complaint(tmp_path / "v", flow=True)


def test_flow_of_a_long_film_has_no_gaps(tmp_path, monkeypatch):
    films.write(tmp_path / "v" / "a.mp4", films.ramp(10))
    whole = next(make(tmp_path / "v", flow="dis").clips("train"))
    read = functools.partial(reader.read_numbered, piece=4)
    monkeypatch.setattr(folder.reader, "read_numbered", read)
    films.write(tmp_path / "w" / "a.mp4", films.ramp(10))
    pieces = next(make(tmp_path / "w", flow="dis").clips("train"))
    for key in ("forward_flow", "backward_flow"):
        assert len(pieces[key]) == 9
        np.testing.assert_array_equal(pieces[key], whole[key])


def test_what_masks_mean_is_decided_for_the_set_and_noted(tmp_path):
    for name, value in (("a", 255), ("b", 1)):
        films.write(tmp_path / "v" / f"{name}.mp4", films.ramp(4))
        for number in range(4):
            mask(tmp_path / "v" / f"{name}_mask", number, value)
    assert "the greys 1, 255" in complaint(tmp_path / "v")
    source = make(tmp_path / "v", mask_values="ids")
    assert "masks: greys are numbers of objects" in source.notes
    assert all(clip["foreground_masks"][0].any() for clip in clips(source))


def test_nothing_is_left_out_or_taken_as_a_clip_in_silence(root):
    for name in (
        "run/thumbnail.jpg",
        "cover.jpg",
        "preview.jpg",
        "walk/five/cover.png",
    ):
        Image.new("RGB", (8, 8)).save(root / name)
    for name in ("README.md", "run/a.zip", "walk/notes.py"):
        (root / name).write_text("x")
    for name in ("walk/thumb_1.jpg", "walk/thumb_2.jpg"):
        Image.new("RGB", (8, 8)).save(root / name)
    (root / "walk" / "five" / "info.json").write_text("x")
    (root / "walk" / "five" / "small").mkdir()
    Image.new("RGB", (8, 8)).save(root / "walk" / "five" / "small" / "1.png")
    films.write(root / "run" / "day1" / "deep.mp4")
    films.write(root / "outside.mp4")
    films.write(root / "run" / "one_mask.mp4")
    mask(root / "walk" / "nothing_mask", 0)
    source = make(root)
    assert source.class_names == ("run", "walk")
    assert len(source.records.ids) == 5
    text = "; ".join(source.notes)
    for line in (
        "4 files of kinds that are not read: README.md, run/a.zip, walk/notes.py ...",
        "5 pictures beside videos or folders: cover.jpg, preview.jpg, run/thumbnail.jpg",
        "1 folders within videos of pictures: walk/five/small",
        "1 clips beside the folders of classes: outside.mp4",
        "run/day1/deep.mp4",
        "or without a number: walk/five/cover.png",
        "1 films of masks",
        "1 folders of masks without a video: walk/nothing_mask",
    ):
        assert line in text, line


def test_other_containers_and_animations_are_films(tmp_path):
    film = films.write(tmp_path / "v" / "a.mkv")
    for ending in (".MTS", ".flv", ".ts", ".3gp"):  # the content decides
        film.with_suffix(ending).write_bytes(film.read_bytes())
    pictures = [Image.fromarray(frame) for frame in films.ramp(5)]
    pictures[0].save(
        tmp_path / "v" / "b.webp",
        save_all=True,
        append_images=pictures[1:],
        lossless=True,
    )
    source = make(tmp_path / "v")
    assert len(source.records.ids) == 6
    assert not any("not read" in note for note in source.notes)


def test_a_broken_link_and_a_strange_name_cost_no_more_than_themselves(tmp_path):
    films.write(tmp_path / "v" / "a.mp4")
    films.write(tmp_path / "v" / "b.mp4").rename(tmp_path / "v" / "b\udce9.mp4")
    (tmp_path / "v" / "c.mp4").symlink_to(tmp_path / "gone.mp4")
    source = make(tmp_path / "v", max_damaged=0.4)
    assert list(source.records.ids) == ["a.mp4", "b\\xe9.mp4"]
    assert "c.mp4 is a link to a file that does not exist" in source.left_out()[0]


def test_a_folder_that_was_renamed_has_the_same_cache(tmp_path):
    films.write(tmp_path / "v" / "a.mp4")
    make(tmp_path / "v")
    before = set((tmp_path / "cache").iterdir())
    (tmp_path / "v").rename(tmp_path / "w")
    assert make(tmp_path / "w").num_clips("train") == 1
    assert set((tmp_path / "cache").iterdir()) == before
