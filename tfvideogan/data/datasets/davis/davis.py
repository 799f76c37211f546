"""DAVIS-2016 and DAVIS-2017: real videos with a mask of the object in every frame.

The folder is read as downloaded (`folder.py` shows it). When the source is made,
its files are checked and, at the first time, converted to records of the size wanted:
frames by area, masks by the nearest pixel, and the optical flow in both directions, by
DIS at the output size or from `.flo` files. Later runs read the records
(`cache/records.py`).

    source = Davis(root="/data/DAVIS", frames=8, height=128, width=224)

The annotations may be used for research; the frames belong to their authors.

References: [1], [2] of `folder.py`.
"""

import dataclasses
import functools
import pathlib
from collections.abc import Sequence

import cv2
import numpy as np

from tfvideogan.core import errors
from tfvideogan.data.cache import converted
from tfvideogan.data.datasets.davis import folder as davis_folder
from tfvideogan.media import flow as optical_flow
from tfvideogan.media import mask_values, resizing, stills

FLOWS = ("dis", "files")
# Frames per second of DAVIS.
FPS = 24.0
FLOW_TREE = (
    "expected <flow_root>/forward/<sequence>/00000.flo (from frame 0 to 1) ... and "
    "<flow_root>/backward/<sequence>/00001.flo (from frame 1 to 0) ..."
)


@dataclasses.dataclass(kw_only=True, eq=False)
class Davis(converted.ConvertedSource):
    """Sequences of DAVIS with masks and flow, in the splits that the folder lists.

    A `source.ClipSource` of the folder DAVIS as downloaded. A sequence shorter than
    `frames` is an error: a benchmark must not lose one in silence. Settings are those of
    `converted.ConvertedSource` and these:

    Attributes:
      year: "2016" or "2017", whose lists of sequences are used.
      resolution: "480p", "Full-Resolution" or "1080p"; None takes the first found.
      object_id: which object of a sequence; 0 takes the union of all.
      flow: "dis" estimates flow from the pixels, "files" reads `flow_root`.
      flow_root: folder of `.flo` files, scaled to the clips' size.
    """

    has_plain_ground = False
    name = "davis"

    frames: int = 8
    height: int = 128
    width: int = 224
    year: str = "2016"
    resolution: str | None = None
    object_id: int = 0
    flow: str = "dis"
    flow_root: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.flow not in FLOWS or (self.flow == "files") != (
            self.flow_root is not None
        ):
            raise errors.UserError(
                f'`flow` ({self.flow!r}) must be "dis", or "files" together with '
                f"`flow_root` ({self.flow_root!r})."
            )
        self._size = (self.height, self.width)
        self._flow_folder = (
            pathlib.Path(self.flow_root).expanduser() if self.flow_root else None
        )
        self.title = f"DAVIS-{self.year}"
        sequences = davis_folder.find_sequences(
            self.folder, year=self.year, resolution=self.resolution
        )
        for split, listed in sequences.items():
            _check_lengths(split, listed, self.frames)
        found = {one.name: one for listed in sequences.values() for one in listed}
        self._values = stills.mask_meaning(
            [path for one in found.values() for path in one.masks],
            void=mask_values.VOID,
        )
        self.notes = (f"masks: {self._values.describe()}",)
        self.convert(
            self.make_spec(fps=FPS, has_masks=True, has_flow=True),
            {
                split: [self._raw_clip(sequence) for sequence in listed]
                for split, listed in sequences.items()
            },
            parameters={
                "object_id": self.object_id,
                "masks": self._values.describe(),
                "flow": "files" if self.flow_root else optical_flow.PRODUCER,
            },
        )

    def describe(self) -> str:
        """Returns one line for logs and cards."""
        flow = f"from {self._flow_folder}" if self._flow_folder else "by DIS"
        return f"{super().describe()}, flow {flow}"

    def _raw_clip(self, sequence: davis_folder.Sequence) -> converted.RawClip:
        flow_files = self._flow_files(sequence) if self._flow_folder else None
        files = (*sequence.frames, *sequence.masks)
        for paths in flow_files or ():
            files += tuple(paths)
        load = functools.partial(self._load, sequence, flow_files)
        return converted.RawClip(sequence.name, files, load)

    def _load(
        self,
        sequence: davis_folder.Sequence,
        flow_files: tuple[list[pathlib.Path], list[pathlib.Path]] | None,
    ) -> dict[str, np.ndarray]:
        cv2.setNumThreads(0)  # sequences are converted side by side
        frames = np.stack(
            [
                resizing.fitted(stills.read_frame(path), *self._size)
                for path in sequence.frames
            ]
        )
        masks = [
            resizing.fitted_mask(
                stills.read_mask(path, self.object_id, self._values), *self._size
            )
            for path in sequence.masks
        ]
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
        return np.stack([optical_flow.resized(flow, *self._size) for flow in flows])

    def _flow_files(
        self, sequence: davis_folder.Sequence
    ) -> tuple[list[pathlib.Path], list[pathlib.Path]]:
        """Returns the forward and backward `.flo` files of a sequence."""
        steps = len(sequence.frames) - 1
        ways = []
        for way in ("forward", "backward"):
            folder = self._flow_folder / way / sequence.name
            paths = sorted(folder.glob("*.flo"))
            if len(paths) != steps:
                raise errors.UserError(
                    f"{folder} has {len(paths)} .flo files, but the sequence has "
                    f"{steps} steps; {FLOW_TREE}."
                )
            ways.append(paths)
        return ways[0], ways[1]


def _check_lengths(
    split: str, listed: Sequence[davis_folder.Sequence], frames: int
) -> None:
    for sequence in listed:
        if len(sequence.frames) < frames:
            raise errors.UserError(
                f"The sequence {sequence.name} has {len(sequence.frames)} frames, fewer "
                f"than `frames` ({frames}); train on shorter windows, or take it off "
                f"the list of {split}."
            )
