"""Holes in the shape and motion of an object of another clip, as if it were to be removed.

A pair for object removal is another video's object pasted into a whole clip: the truth
behind it is known, and the hole is the object's mask, grown by a few pixels. Nothing that
is pasted is visible outside of that hole, and models are given nothing inside of it: such
a pair is these holes over the whole clip, and no picture need be pasted at all. It would
differ only where an object has more to it than its mask, a soft edge or a shadow: grow
the masks (`Holed.dilation`) for the former; the latter no mask of a data set has.
"""

import dataclasses
from typing import ClassVar

import numpy as np

from tfvideogan.data.holes import family


@dataclasses.dataclass(frozen=True, kw_only=True)
class Objects(family.MovingFamily):
    """The objects of another clip of the same split.

    Attributes:
      static: the probability that those of the first frame stay.
    """

    name: ClassVar[str] = "objects of other clips"
    borrows: ClassVar[bool] = True

    def draw(
        self,
        generator: np.random.Generator,
        size: family.Size,
        borrowed: np.ndarray | None = None,
    ) -> np.ndarray:
        """Takes the objects; see `family.Family.draw`."""
        is_static = generator.random() < self.static
        return borrowed[:1] if is_static else borrowed
