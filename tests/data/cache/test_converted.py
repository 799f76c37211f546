import dataclasses
import functools
import json
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from tests import check_source
from tfvideogan.core import errors
from tfvideogan.data import captions
from tfvideogan.data.cache import converted
from tfvideogan.media import damage

LENGTHS = {"ant": 9, "bee": 5, "cat": 12, "dog": 7}
VOCABULARY = captions.Vocabulary(["goes"])


@dataclasses.dataclass(kw_only=True, eq=False)
class Films(converted.ConvertedSource):
    """Each film is a file whose text is its length; pixels say film and moment."""

    name = "films"
    title = "test films"

    listed: dict | None = dataclasses.field(default=None, kw_only=False)
    frames: int = 4
    height: int = 4
    width: int = 6
    pieces: bool = False
    contents: dict | None = None
    texts: dict | None = None
    parameters: dict | None = None
    words: captions.Vocabulary | None = None

    def __post_init__(self):
        super().__post_init__()
        self.cache_dir = str(self.folder.parent / "cache")
        self.loaded: list[str] = []
        splits = self.listed or {"train": ["ant", "cat", "dog"], "test": ["bee", "cat"]}
        clips = {
            split: [
                converted.RawClip(
                    name,
                    (self.folder / name,),
                    functools.partial(self._load, self.folder / name),
                    label=list(LENGTHS).index(name),
                    caption=(self.texts or {}).get(name),
                )
                for name in names
            ]
            for split, names in splits.items()
        }
        self.convert(
            self.make_spec(fps=12.0, **{"num_classes": 4, **(self.contents or {})}),
            clips,
            parameters=self.parameters,
            vocabulary=self.words,
        )

    def _load(self, path: pathlib.Path):
        self.loaded.append(path.name)
        if not path.read_text():
            raise damage.DamagedClip(f"{path} is empty.")
        length = int(path.read_text())
        frames = np.zeros((length, 4, 6, 3), np.uint8)
        frames[..., 0] = list(LENGTHS).index(path.name)
        frames[..., 1] = np.arange(length)[:, None, None]
        frames[..., 2] = 9
        if self.pieces:
            return ({"frames": part} for part in np.array_split(frames, 3))
        return {"frames": frames}


@pytest.fixture
def root(tmp_path) -> pathlib.Path:
    folder = tmp_path / "films"
    folder.mkdir()
    for name, length in LENGTHS.items():
        (folder / name).write_text(str(length))
    return folder


def moments(window) -> list[int]:
    return np.asarray(window["frames"])[:, 0, 0, 1].tolist()


def films(source, split) -> list[int]:
    return [int(one["frames"][0, 0, 0, 0]) for one in source.clips(split)]


@pytest.mark.parametrize("pieces", [False, True])
def test_it_keeps_the_promises_of_a_source(root, pieces):
    check_source.check_source(Films(root, pieces=pieces))


def test_clips_come_in_the_order_of_the_split_and_may_be_shared(root):
    source = Films(root, {"train": ["dog", "ant"], "test": ["cat", "dog"]})
    assert films(source, "train") == [3, 0] and films(source, "test") == [2, 3]
    assert sorted(source.loaded) == ["ant", "cat", "dog"]  # the shared one only once


def test_other_splits_of_the_same_clips_need_no_conversion(root):
    Films(root, {"train": ["ant", "bee"], "test": ["cat"]})
    again = Films(root, {"train": ["cat", "bee"], "validation": ["ant"]})
    assert again.loaded == [] and films(again, "train") == [2, 1]


def test_a_changed_file_or_label_or_window_is_noticed_as_needed(root):
    Films(root)
    assert Films(root, frames=5).loaded == []
    assert Films(root, stride=2, frames=3).loaded == []
    (root / "ant").write_text("10")
    assert Films(root).loaded
    assert Films(root, parameters={"colour": "grey"}).loaded


def test_a_window_takes_every_stride_th_frame_from_anywhere(root):
    source = Films(root, {"train": ["cat"]}, stride=3)
    index = tf.constant(0, tf.int64)
    assert moments(source.read("train", index, frames=4)) == [0, 3, 6, 9]
    starts = {
        moments(source.read("train", index, frames=4, seed=tf.constant([1, n])))[0]
        for n in range(30)
    }
    # 12 frames hold windows of 10 from frames 0, 1 and 2.
    assert starts == {0, 1, 2}
    assert source.spec.fps == 4.0


def test_clips_and_their_lengths_are_counted_at_the_stride(root):
    source = Films(root, {"train": ["cat", "ant"]}, stride=2)
    # ant has 9 frames: 0, 2, 4, 6, 8.
    assert source.num_frames("train") == 5
    assert [moments(one) for one in source.clips("train")] == [
        [0, 2, 4, 6, 8, 10],
        [0, 2, 4, 6, 8],
    ]


def test_evaluation_may_be_cut_into_all_windows_that_do_not_overlap(root):
    source = Films(root, {"train": ["cat"], "test": ["ant", "cat"]}, eval_frames=4)
    assert [moments(one) for one in source.clips("test")] == [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8, 9, 10, 11],
    ]
    assert source.num_clips("test") == 5 and source.num_frames("test") == 4
    assert source.num_clips("train") == 1 and source.num_frames("train") == 12


def test_cut_windows_keep_the_stride(root):
    source = Films(
        root, {"train": ["cat"], "test": ["cat"]}, frames=3, stride=2, eval_frames=3
    )
    found = [moments(one) for one in source.clips("test")]
    assert found == [[0, 2, 4], [6, 8, 10]]


def test_clips_shorter_than_a_window_are_left_out_and_counted(root):
    source = Films(root, frames=8)
    assert films(source, "train") == [0, 2] and films(source, "test") == [2]
    text = source.describe()
    assert "2 train, 1 test clips" in text
    assert "left out: 2 shorter than the 8 frames of a window" in text


def test_a_split_without_a_clip_that_is_long_enough_is_an_error(root):
    with pytest.raises(errors.UserError) as raised:
        Films(root, frames=5, stride=3)
    text = str(raised.value)
    assert "films/train has the 13 frames" in text and "longest has 12" in text


def test_damaged_clips_are_left_out_of_all_splits(root):
    (root / "cat").write_text("")
    with pytest.raises(errors.UserError, match="cat is empty"):
        Films(root)
    source = Films(root, max_damaged=0.25)
    assert films(source, "train") == [0, 3] and films(source, "test") == [1]
    assert "1 damaged (cat ...)" in source.describe()


def test_labels_and_captions_come_with_every_window(root):
    spec = {"caption_length": 3, "words": VOCABULARY.words}
    words = dict.fromkeys(LENGTHS, "goes left") | {"cat": "goes right"}
    source = Films(root, contents=spec, words=VOCABULARY, texts=words)
    check_source.check_source(source)
    window = source.read("train", tf.constant(1, tf.int64), frames=2)
    assert int(window["labels"]) == list(LENGTHS).index("cat")
    assert VOCABULARY.decode(window["caption_tokens"].numpy()) == "goes right"
    assert int(window["caption_lengths"]) == 2


def test_clips_are_converted_once_for_a_vocabulary(root):
    texts = dict.fromkeys(LENGTHS, "goes left")
    for words, folders in (
        ("goes", 1),
        ("goes", 1),
        ("goes home", 2),
        ("home goes", 3),
    ):
        vocabulary = captions.Vocabulary(words.split())
        contents = {"caption_length": 3, "words": vocabulary.words}
        Films(root, contents=contents, words=vocabulary, texts=texts)
        assert len(list(root.parent.glob("cache/films-*"))) == folders


def test_a_caption_outside_of_the_vocabulary_stops_before_any_work(root):
    spec = {"caption_length": 3, "words": VOCABULARY.words}
    words = dict.fromkeys(LENGTHS, "goes home")
    with pytest.raises(errors.UserError, match="'home'"):
        Films(root, contents=spec, words=VOCABULARY, texts=words)
    assert not (root.parent / "cache").exists()


def test_a_stride_must_be_positive_and_flow_forbids_it(root):
    with pytest.raises(errors.UserError, match=r"`stride` \(0\)"):
        Films(root, stride=0)
    with pytest.raises(errors.UserError, match=r"`stride` \(2\).*flow"):
        Films(root, stride=2, contents={"has_flow": True})


def test_the_manifest_knows_every_clip_once(root):
    Films(root)
    (path,) = root.parent.glob("cache/films-*/manifest.json")
    names = [one["id"] for one in json.loads(path.read_text())["clips"]]
    assert names == ["ant", "bee", "cat", "dog"]


def test_with_a_stride_it_keeps_its_promises_too(root):
    splits = {"train": ["ant", "cat"], "test": ["cat"]}
    check_source.check_source(Films(root, splits, stride=2, frames=3))


def test_a_split_that_damage_or_shortness_has_emptied_is_dropped(root):
    splits = {"train": ["ant", "cat"], "validation": ["bee"], "test": ["dog"]}
    (root / "dog").write_text("")
    source = Films(root, splits, frames=6, max_damaged=0.25)
    assert source.splits == ("train",)
    assert source.left_out() == [
        f"{root / 'dog'} is empty.",
        "bee has 5 frames, not 6.",
    ]
    with pytest.raises(errors.UserError, match="No clip of films/validation has the 7"):
        Films(root, splits, frames=6, eval_frames=7, max_damaged=0.25)
    with pytest.raises(errors.UserError, match=r"`eval_frames` \(3\).*`frames` \(6\)"):
        Films(root, splits, frames=6, eval_frames=3, max_damaged=0.25)


def test_lengths_and_labels_of_all_clips_are_known_without_reading_them(root):
    source = Films(root, {"train": ["dog", "cat"], "test": ["ant"]}, stride=2)
    assert source.lengths("train").tolist() == [4, 6]
    assert source.labels("train").tolist() == [3, 2]
