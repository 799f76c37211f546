"""Pictures of signs, sorted into splits: what moving digits are made of.

`mnist.read_digits` reads such a bank from files; a bank may as well be drawn. Gin brings
the two together:

    moving_digits.MovingDigits.digits = @mnist.read_digits()
"""

import dataclasses
import functools
from collections.abc import Mapping

import numpy as np


@dataclasses.dataclass(frozen=True)
class Glyphs:
    """Pictures with labels.

    Attributes:
      pictures: [K, S, S] uint8, white on black.
      labels: [K] int64, from 0.
    """

    pictures: np.ndarray
    labels: np.ndarray

    @functools.cached_property
    def places(self) -> tuple[np.ndarray, ...]:
        """For each label the numbers of its pictures."""
        count = int(self.labels.max(initial=-1)) + 1
        return tuple(np.flatnonzero(self.labels == label) for label in range(count))

    def part(self, first: int, last: int | None) -> "Glyphs":
        """Returns the pictures from number `first` to before `last`."""
        return Glyphs(self.pictures[first:last], self.labels[first:last])


@dataclasses.dataclass(frozen=True)
class GlyphBank:
    """The pictures of every split; no picture is in two of them.

    Attributes:
      name: short, such as "mnist".
      description: of where they come from, for logs and cards. The word "procedural" is
        in it if they are drawn, and only then.
      is_procedural: whether they are drawn rather than read.
      splits: the pictures of train, validation and test.
    """

    name: str
    description: str
    is_procedural: bool
    splits: Mapping[str, Glyphs]
