"""The official test clips of Moving MNIST: one array of 10,000 clips of 20 frames.

`mnist_test_seq.npy`, uint8 (20, 10000, 64, 64), as downloaded from the authors' page. It
is mapped into memory, not read: opening it costs nothing, and reading a clip twenty
pages. The protocol mmnist/10-10@64 predicts the last ten frames from the first ten.

    source = MovingMnistFile(root="/data/moving_mnist")
    next(source.clips("test"))["frames"]  # [20, 64, 64, 1]

Reference: Srivastava et al., Unsupervised learning of video representations using LSTMs,
2015.
"""

import pathlib

import numpy as np

from tfvideogan.core import clip, errors
from tfvideogan.data import rendered, source

FILE = "mnist_test_seq.npy"
SPLITS = ("test",)
AXES = 4
FPS = 10.0


class MovingMnistFile(rendered.RenderedSource):
    """The clips of `mnist_test_seq.npy`; a `source.ClipSource`.

    Attributes:
      name: "moving_mnist_file".
      is_procedural: False.
      spec: of one window, as large as the file's pictures, grey.
      splits: test alone; these clips are not for training.
    """

    name = "moving_mnist_file"
    is_procedural = False
    splits = SPLITS

    def __init__(self, root: str, *, frames: int = 20, fps: float = FPS) -> None:
        """Opens the file.

        Args:
          root: the folder with `mnist_test_seq.npy`, or the file itself.
          frames: T of one window, at most 20.
          fps: frames per second of written videos.

        Raises:
          UserError: the file is missing, damaged or of another kind.
        """
        path = pathlib.Path(root).expanduser()
        self.path = path / FILE if path.is_dir() else path
        self._clips = _opened(self.path)
        length, _, height, width = self._clips.shape
        if not 1 <= frames <= length:
            raise errors.UserError(
                f"`frames` ({frames}) must be between 1 and {length}, the length of the "
                f"clips in {self.path}."
            )
        self.spec = clip.ClipSpec(frames, height, width, channels=1, fps=fps)

    def describe(self) -> str:
        """Returns one line for logs and cards."""
        return (
            f"Moving MNIST, {self.num_clips('test')} test clips read from {self.path}"
        )

    def num_clips(self, split: str) -> int:
        """Returns the number of clips."""
        source.check_split(self, split)
        return self._clips.shape[1]

    def num_frames(self, split: str) -> int:
        """Returns the length of every clip in frames."""
        source.check_split(self, split)
        return self._clips.shape[0]

    def render(
        self, split: str, index: int, start: int = 0, frames: int | None = None
    ) -> dict[str, np.ndarray]:
        """Copies a window of a clip; see `RenderedSource.render`."""
        source.check_split(self, split)
        stop = None if frames is None else start + frames
        return {"frames": np.array(self._clips[start:stop, index, ..., None])}


def _opened(path: pathlib.Path) -> np.ndarray:
    if not path.is_file():
        raise errors.UserError(
            f"The file {path} does not exist; expected <root>/{FILE}, as downloaded from "
            "the Moving MNIST page."
        )
    try:
        clips = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        size = path.stat().st_size
        raise errors.UserError(
            f"{path} ({size} bytes) is damaged or no array ({error}); copy it again."
        ) from error
    if clips.ndim != AXES or clips.dtype != np.uint8 or not clips.size:
        raise errors.UserError(
            f"{path} holds {clips.dtype} {clips.shape}, not uint8 "
            "(20, 10000, 64, 64), frames before clips."
        )
    return clips
