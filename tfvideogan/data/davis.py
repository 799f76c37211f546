"""DAVIS-2016 and DAVIS-2017: real videos with a mask of the object in every frame.

The folder is read as downloaded (`davis_folder.py` shows it). When the source is made,
its files are checked and, at the first time, converted to records of the size wanted:
frames by area, masks by the nearest pixel, and the optical flow in both directions, by
DIS at the output size or from `.flo` files. Later runs read the records (`records.py`).

    source = Davis(root="/data/DAVIS", frames=8, height=128, width=224)

The annotations may be used for research; the frames belong to their authors.

References: [1], [2] of `davis_folder.py`.
"""

import pathlib
from collections.abc import Iterator

import cv2
import numpy as np
import tensorflow as tf

from tfvideogan.core import clip, errors
from tfvideogan.data import davis_folder, pictures, records, source
from tfvideogan.data import flow as optical_flow

FLOWS = ("dis", "files")
# Frames per second of DAVIS.
FPS = 24.0
FLOW_TREE = (
    "expected <flow_root>/forward/<sequence>/00000.flo (from frame 0 to 1) ... and "
    "<flow_root>/backward/<sequence>/00001.flo (from frame 1 to 0) ..."
)


class Davis:
    """Sequences of DAVIS with masks and flow; a `source.ClipSource`.

    Attributes:
      name: "davis".
      is_procedural: False.
      spec: of one training window, with masks and flow.
      splits: those of train, validation and test that the folder lists.
    """

    name = "davis"
    is_procedural = False

    def __init__(
        self,
        root: str,
        *,
        frames: int = 8,
        height: int = 128,
        width: int = 224,
        year: str = "2016",
        resolution: str | None = None,
        object_id: int = 0,
        flow: str = "dis",
        flow_root: str | None = None,
        cache_dir: str | None = None,
    ) -> None:
        """Checks the folder and converts it where that has not been done.

        Args:
          root: the folder DAVIS as downloaded.
          frames: T of one training window.
          height: of the clips, in pixels; pictures of any size are stretched to it.
          width: of the clips, in pixels.
          year: "2016" or "2017", whose lists of sequences are used.
          resolution: "480p", "Full-Resolution" or "1080p"; None takes the first found.
          object_id: which object of a sequence; 0 takes the union of all.
          flow: "dis" estimates flow from the pixels, "files" reads `flow_root`.
          flow_root: folder of `.flo` files, scaled to the clips' size.
          cache_dir: see `records.py`.

        Raises:
          UserError: the folder is incomplete, a file is damaged, or a sequence is
            shorter than `frames`.
        """
        self.spec = clip.ClipSpec(
            frames=frames,
            height=height,
            width=width,
            has_masks=True,
            has_flow=True,
            fps=FPS,
        )
        if flow not in FLOWS or (flow == "files") != (flow_root is not None):
            raise errors.UserError(
                f'`flow` ({flow!r}) must be "dis", or "files" together with '
                f"`flow_root` ({flow_root!r})."
            )
        self.root = pathlib.Path(root).expanduser()
        self._object_id = object_id
        self._flow_root = pathlib.Path(flow_root).expanduser() if flow_root else None
        self._year = year
        self._sequences = davis_folder.find_sequences(
            self.root, year=year, resolution=resolution
        )
        self.splits = tuple(self._sequences)
        for split in self.splits:
            self._check_lengths(split)
        # Lists that agree (without a public test set: validation and test) share records.
        by_list: dict[tuple[davis_folder.Sequence, ...], records.Records] = {}
        for split, sequences in self._sequences.items():
            if sequences not in by_list:
                by_list[sequences] = self._converted(split, cache_dir)
        self._records = {s: by_list[self._sequences[s]] for s in self.splits}

    def describe(self) -> str:
        """Returns one line for logs and cards."""
        counts = ", ".join(f"{self.num_clips(s)} {s}" for s in self.splits)
        flow = f"from {self._flow_root}" if self._flow_root else "by DIS"
        return (
            f"DAVIS-{self._year} read from {self.root} at "
            f"{self.spec.height}x{self.spec.width} ({counts} sequences), flow {flow}"
        )

    def num_clips(self, split: str) -> int:
        """Returns the number of sequences of a split."""
        source.check_split(self, split)
        return len(self._sequences[split])

    def num_frames(self, split: str) -> int:
        """Returns the length of the shortest sequence of a split, in frames."""
        source.check_split(self, split)
        return min(len(sequence.frames) for sequence in self._sequences[split])

    def clips(self, split: str) -> Iterator[dict[str, np.ndarray]]:
        """Yields the whole clips of a split in order, raw."""
        source.check_split(self, split)
        return self._records[split].clips()

    def read(
        self,
        split: str,
        index: tf.Tensor,
        *,
        frames: int,
        seed: tf.Tensor | None = None,
    ) -> dict[str, tf.Tensor]:
        """Reads a window inside `Dataset.map`; see `source.ClipSource.read`."""
        source.check_window(self, split, frames)
        return self._records[split].read(index, frames=frames, seed=seed)

    def _check_lengths(self, split: str) -> None:
        for sequence in self._sequences[split]:
            if len(sequence.frames) < self.spec.frames:
                raise errors.UserError(
                    f"The sequence {sequence.name} has {len(sequence.frames)} frames, "
                    f"fewer than `frames` ({self.spec.frames}); train on shorter "
                    f"windows, or take it off the list of {split}."
                )

    def _converted(self, split: str, cache_dir: str | None) -> records.Records:
        sequences = self._sequences[split]
        flow_files = [self._flow_files(s) for s in sequences] if self._flow_root else []
        paths = [path for s in sequences for path in (*s.frames, *s.masks)]
        paths += [path for ways in flow_files for way in ways for path in way]
        producer = optical_flow.PRODUCER if not self._flow_root else "files"
        recipe = records.Recipe(
            name=self.name,
            split=split,
            spec=self.spec,
            parameters={
                "root": str(self.root.resolve()),
                "object_id": self._object_id,
                "flow": producer,
                "sequences": [s.name for s in sequences],
            },
            source_digest=records.files_digest(self.root, paths),
        )

        def load(number: int) -> dict[str, np.ndarray]:
            """Reads a sequence at the size of the spec."""
            files = flow_files[number] if flow_files else None
            return self._load(sequences[number], files)

        ids = [sequence.name for sequence in sequences]
        return records.open_or_convert(recipe, ids, load, cache_dir=cache_dir)

    def _load(
        self,
        sequence: davis_folder.Sequence,
        flow_files: tuple[list[pathlib.Path], list[pathlib.Path]] | None,
    ) -> dict[str, np.ndarray]:
        cv2.setNumThreads(0)  # sequences are converted side by side
        size = (self.spec.width, self.spec.height)
        frames = [_resized(pictures.read_frame(path), size) for path in sequence.frames]
        masks = [
            cv2.resize(
                pictures.read_mask(path, self._object_id),
                size,
                interpolation=cv2.INTER_NEAREST_EXACT,
            )
            for path in sequence.masks
        ]
        frames = np.stack(frames)
        if flow_files:
            forward, backward = (self._read_flow(way) for way in flow_files)
        else:
            forward, backward = optical_flow.estimate_clip(frames)
        return {
            "frames": frames,
            "foreground_masks": np.stack(masks)[..., None],
            "forward_flow": forward,
            "backward_flow": backward,
        }

    def _read_flow(self, paths: list[pathlib.Path]) -> np.ndarray:
        flows = [optical_flow.read_flo(path) for path in paths]
        size = (self.spec.height, self.spec.width)
        return np.stack([optical_flow.resized(flow, *size) for flow in flows])

    def _flow_files(
        self, sequence: davis_folder.Sequence
    ) -> tuple[list[pathlib.Path], list[pathlib.Path]]:
        """Returns the forward and backward `.flo` files of a sequence."""
        steps = len(sequence.frames) - 1
        ways = []
        for way in ("forward", "backward"):
            folder = self._flow_root / way / sequence.name
            paths = sorted(folder.glob("*.flo"))
            if len(paths) != steps:
                raise errors.UserError(
                    f"{folder} has {len(paths)} .flo files, but the sequence has "
                    f"{steps} steps; {FLOW_TREE}."
                )
            ways.append(paths)
        return ways[0], ways[1]


def _resized(frame: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resizes a frame to (width, height): by area when it shrinks."""
    shrinks = size[0] * size[1] < frame.shape[0] * frame.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(frame, size, interpolation=method)
