"""Captioned clips in the HDF5 files of the project "Videogeneration" (gifcap_*.h5).

    gifs         [N, T, H, W] uint8     10 frames of 64x64
    captions     [N, L] whole numbers   18 words, padded with 0
    dict_keys    [V] strings            the words, " " being the padding
    dict_values  [V] whole numbers      their numbers in `captions`

A caption has a clause for each of one or two elements, "the digit 7 is moving left and
right and the digit 3 is rotating clockwise ." Its words get the numbers of our
`captions.Vocabulary`; the full stop is dropped.

The files have no splits. Here no pair of element and motion is in two of them, as for our
own icons and digits (`combinations.py`): for each motion some elements are held out for
testing and as many others for validation. A clip of two elements is in a split if both
pairs are; with pairs of two splits it is left out. Of a file with two elements about a
hundredth is then for testing; `held_out` makes it more.

    source = Gifcap("gifcap_mnist_2elems_periods[8,12]_caplen18.h5")

Reference: Casser, Fosco, Lee, Motwani, Guided video generation using FCNs in an adversarial
setup, 2018. Its clips are taken as they are; where elements that turn in place keep to no
sampled period and to and fro always begins to the right or down.
"""

import dataclasses
import pathlib
from collections.abc import Sequence

import h5py
import numpy as np

from tfvideogan.core import clip, errors
from tfvideogan.data import (
    captions,
    combinations,
    motion_captions,
    rendered,
    source,
    splitting,
)
from tfvideogan.media import image_sequences

# Datasets of a file and their axes.
DATASETS = {"gifs": 4, "captions": 2, "dict_keys": 1, "dict_values": 1}
FULL_STOP = "."
# Each motion is trained, validated and tested.
ELEMENTS_PER_HELD_OUT = 3
FPS = 10.0


@dataclasses.dataclass(kw_only=True, eq=False)
class Gifcap(rendered.RenderedSource):
    """Clips of such a file with captions, grey; a `source.ClipSource`.

    Attributes:
      name: "gifcap".
      is_procedural: False: the file is read, whatever made it.
      splits: train, validation and test.
      spec: of one training window.
      vocabulary: of the captions; the file's words, without the full stop.
      root: the file.
      frames: T of one training window, at most those of the file.
      height: in pixels; clips of another size are fitted to it.
      width: in pixels.
      held_out: elements per motion for testing, and as many for validation; at most a
        third of the elements.
      fps: frames per second of written videos.

    Raises:
      UserError: the file is missing, damaged or of another kind, a caption cannot be
        understood, or a value is out of its range.
    """

    name = "gifcap"
    is_procedural = False
    splits = splitting.SPLITS

    root: str = dataclasses.field(kw_only=False)
    frames: int = 10
    height: int = 64
    width: int = 64
    held_out: int = 1
    fps: float = FPS

    def __post_init__(self) -> None:
        self.path = pathlib.Path(self.root).expanduser()
        file = _opened(self.path)
        self._gifs = file["gifs"]
        length = self._gifs.shape[1]
        if not 1 <= self.frames <= length:
            raise errors.UserError(
                f"`frames` ({self.frames}) must be between 1 and {length}, the length of "
                f"the clips in {self.path}."
            )
        numbers, self._said = np.unique(
            file["captions"][:], axis=0, return_inverse=True
        )
        self._said = self._said.reshape(-1)  # [N], which of the different captions
        words = _words(file, self.path)
        texts = [_text(row, words, self.path) for row in numbers]
        self.vocabulary = captions.Vocabulary(
            word for _, word in sorted(words.items()) if word not in ("", FULL_STOP)
        )
        self.spec = clip.ClipSpec(
            self.frames,
            self.height,
            self.width,
            channels=1,
            caption_length=numbers.shape[1],
            words=self.vocabulary.words,
            fps=self.fps,
        )
        self._tokens = [
            self.vocabulary.raw(text, self.spec.caption_length) for text in texts
        ]
        splits = np.array(self._splits_of(texts))[self._said]
        self._clips = {split: np.flatnonzero(splits == split) for split in self.splits}
        for split, chosen in self._clips.items():
            if not len(chosen):
                raise errors.UserError(
                    f"No clip of {self.path} has all its pairs of element and motion in "
                    f"{self.name}/{split}; make `held_out` ({self.held_out}) larger or "
                    "take a file of more clips."
                )

    def describe(self) -> str:
        """Returns one line for logs and cards."""
        counts = ", ".join(
            f"{len(self._clips[split])} {split}" for split in self.splits
        )
        left_out = len(self._said) - sum(map(len, self._clips.values()))
        return (
            f"captioned clips read from {self.path} ({counts} clips; left out: {left_out} "
            "with pairs of element and motion of two splits)"
        )

    def num_clips(self, split: str) -> int:
        """Returns the number of clips of a split."""
        source.check_split(self, split)
        return len(self._clips[split])

    def num_frames(self, split: str) -> int:
        """Returns the length of every clip in frames."""
        source.check_split(self, split)
        return self._gifs.shape[1]

    def render(
        self, split: str, index: int, start: int = 0, frames: int | None = None
    ) -> dict[str, np.ndarray]:
        """Reads a window of a clip: frames and caption."""
        source.check_split(self, split)
        number = self._clips[split][index]
        stop = None if frames is None else start + frames
        pictures = image_sequences.adapted(
            self._gifs[number, start:stop][..., None],
            size=(self.height, self.width),
            channels=1,
        )
        words = self._tokens[self._said[number]]
        return {"frames": np.stack(list(pictures)), **words}

    def _splits_of(self, texts: Sequence[str]) -> list[str]:
        """Returns the split of each caption; "" for those of two splits."""
        clauses = [motion_captions.parsed(text) for text in texts]
        everything = [clause for said in clauses for clause in said]
        elements = sorted({clause.element for clause in everything})
        motions = sorted({clause.motion for clause in everything})
        if not 1 <= self.held_out <= len(elements) // ELEMENTS_PER_HELD_OUT:
            raise errors.UserError(
                f"`held_out` ({self.held_out}) must be at least 1 and at most a third of "
                f"the {len(elements)} elements of {self.path}."
            )
        splits = {
            (elements[element], motions[motion]): split
            for split, pairs in combinations.split_pairs(
                len(elements), len(motions), held_out=self.held_out
            ).items()
            for element, motion in pairs
        }
        chosen = [{splits[one.element, one.motion] for one in said} for said in clauses]
        return [found.pop() if len(found) == 1 else "" for found in chosen]


def _opened(path: pathlib.Path) -> h5py.File:
    """Opens a file and checks what it holds, but for the words."""
    if not path.is_file():
        raise errors.UserError(
            f"The file {path} does not exist; expected the HDF5 file that the project's "
            "GenerateSyntheticData.ipynb writes, gifcap_*.h5."
        )
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise errors.UserError(
            f"{path} ({path.stat().st_size} bytes) is damaged or no HDF5 file; copy it "
            "again."
        ) from error
    missing = [
        name for name in DATASETS if not isinstance(file.get(name), h5py.Dataset)
    ]
    if missing:
        raise errors.UserError(
            f"{path} has no {', '.join(missing)}; it holds {', '.join(file) or 'nothing'}, "
            f"and must hold {', '.join(DATASETS)}."
        )
    gifs, sentences = file["gifs"], file["captions"]
    keys, values = file["dict_keys"], file["dict_values"]
    found = ", ".join(
        f"{name} {file[name].dtype} {file[name].shape}" for name in DATASETS
    )
    is_right = (
        all(len(file[name].shape) == axes for name, axes in DATASETS.items())
        and gifs.dtype == np.uint8
        and len(gifs) == len(sentences) > 0
        and len(keys) == len(values)
        and all(np.issubdtype(one.dtype, np.number) for one in (sentences, values))
    )
    if not is_right:
        raise errors.UserError(
            f"{path} holds {found}, not gifs uint8 (N, 10, 64, 64), captions (N, 18) and "
            "as many dict_keys as dict_values."
        )
    return file


def _words(file: h5py.File, path: pathlib.Path) -> dict[int, str]:
    """Returns the words of a file by number, the padding as ""."""
    words = {
        int(number): (key.decode() if isinstance(key, bytes) else str(key)).strip()
        for key, number in zip(
            file["dict_keys"][:], file["dict_values"][:], strict=True
        )
    }
    if len(words) != len(file["dict_keys"]):
        raise errors.UserError(
            f"dict_values of {path} gives one number to two words; copy it again."
        )
    return words


def _text(row: np.ndarray, words: dict[int, str], path: pathlib.Path) -> str:
    """Returns a caption in words, without the full stop.

    Args:
      row: [L], the numbers of its words.
      words: by number.
      path: of the file, for messages.
    """
    unknown = [float(number) for number in row if number not in words]
    if unknown:
        raise errors.UserError(
            f"captions of {path} has the number {unknown[0]:g}, which is no word: "
            f"dict_values has {', '.join(map(str, sorted(words)))}."
        )
    said = [words[number] for number in row]
    text = " ".join(word for word in said if word not in ("", FULL_STOP))
    try:
        motion_captions.parsed(text)
    except errors.UserError as error:
        raise errors.UserError(
            f"A caption of {path} is no such sentence: {error}"
        ) from error
    return text
