"""What a model has answered: arrays by name, to be computed with, shown and written.

answer = model.predict(frames=frames, mask=mask)
answer.video, answer["mask"]         # NumPy arrays
answer.show()                        # plays in a notebook, as the last line of a cell
answer.save("out.mp4", fps=25)       # mp4, gif, png, npz or a new folder
"""

import base64
import pathlib
from collections.abc import Iterator, Mapping

import numpy as np

from tfvideogan.core import errors, signatures
from tfvideogan.media import writer
from tfvideogan.serving.client import answers, choice, destinations
from tfvideogan.serving.client import inputs as client_inputs

# A page is that wide, in pixels; what is smaller is shown larger.
WIDTH = 480


class Answer(Mapping[str, np.ndarray]):
    """The outputs of one call, by name; each is an attribute, too.

    They have a batch axis if an input had one, or if samples were asked for.
    """

    def __init__(
        self,
        arrays: Mapping[str, np.ndarray],
        given: Mapping[str, np.ndarray],
        *,
        is_single: bool,
    ) -> None:
        """Stores the outputs, with their batch axis, and what was asked."""
        self._arrays = dict(arrays)
        self._given = dict(given)
        self._is_single = is_single

    def __getitem__(self, name: str) -> np.ndarray:
        array = self._arrays[name]
        return array[0] if self._is_single else array

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __getattr__(self, name: str) -> np.ndarray:
        if name.startswith("_") or name not in self._arrays:
            raise AttributeError(f"{name}; the answer has {', '.join(self._arrays)}")
        return self[name]

    def __repr__(self) -> str:
        shapes = (f"{n}: {one.dtype}{list(one.shape)}" for n, one in self.items())
        return f"Answer({', '.join(shapes)})"

    def save(
        self,
        path: str | pathlib.Path,
        *,
        outputs: str = "",
        fps: float = client_inputs.DEFAULT_FPS,
    ) -> list[str]:
        """Writes a file, or a new folder, as the client does.

        Args:
          path: of mp4, gif, png, npz or a folder (no ending). Several answers are a grid
            that plays at once, or all of them in an npz or a folder.
          outputs: by comma; the main one by default. Each but the first is written beside
            the path.
          fps: frames per second.

        Returns:
          A line for each file.

        Raises:
          UserError: it cannot be written so.
        """
        names = [one for one in outputs.split(",") if one] or self._main()
        if unknown := sorted(set(names) - set(self._arrays)):
            raise errors.UserError(
                f"`outputs` names {', '.join(unknown)}; there are {', '.join(self)}."
            )
        destinations.check([path], inputs=[])
        found = {name: self._arrays[name] for name in names}
        return answers.write(str(path), found, self._given, fps, seed=self._seed())

    def show(
        self, output: str = "", *, fps: float = client_inputs.DEFAULT_FPS
    ) -> "Shown":
        """Returns what a notebook plays: an output, the main one by default.

        Raises:
          UserError: it is no picture.
        """
        name = output or self._main()[0]
        if name not in self._arrays or not answers.is_picture(self._arrays[name]):
            raise errors.UserError(
                f"`{name}` is no picture; the answer has {', '.join(self)}."
            )
        film = answers.film(self._arrays[name], self._given)
        return Shown(writer.apng_bytes(film, fps), max(film.shape[2], WIDTH))

    def _main(self) -> list[str]:
        """Returns the main output, or, without a picture, all that are numbers."""
        known = [name for name in choice.MAIN_OUTPUTS if name in self._arrays][:1]
        return known or [n for n, one in self._arrays.items() if one.dtype != object]

    def _seed(self) -> int:
        return int(np.ravel(self._given.get(signatures.SEED, 0))[0])


class Shown:
    """A picture that moves, for a notebook."""

    def __init__(self, png: bytes, width: int) -> None:
        """Stores an animated PNG and how many pixels wide it is shown."""
        self.png = png
        self._width = width

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.png).decode("ascii")
        style = f"width: {self._width}px; max-width: 100%; image-rendering: pixelated"
        return f'<img style="{style}" src="data:image/png;base64,{data}">'
