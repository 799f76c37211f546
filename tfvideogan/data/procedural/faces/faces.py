"""Drawn faces that talk and make one of six expressions: a stand-in for MUG and VoxCeleb.

A person looks at us, the head sways, the mouth moves as in speech, and an expression
comes, stays and goes. The label is the expression. Splits share no person. Who it is and
what the face does are known exactly, so that content and motion have exact scores:

    source = Faces(frames=16, height=64, width=64)
    source.person("test", 3).vector()  # content: colours and proportions
    source.performance("test", 3).features["mouth_open"]  # motion, [T]

These are cartoons, not photographs: use them to develop and to check, never in a table
beside real video.
"""

import dataclasses

import numpy as np

from tfvideogan.core import errors
from tfvideogan.data.procedural import procedural
from tfvideogan.data.procedural.faces import expression as faces_expression
from tfvideogan.data.procedural.faces import person as faces_person
from tfvideogan.data.procedural.faces import raster

FPS = 25.0


@dataclasses.dataclass(kw_only=True, eq=False)
class Faces(procedural.Procedural):
    """Talking faces; a `source.ClipSource` with labels.

    An expression comes and goes in `clip_frames`; persons do not depend on the seed.
    Settings are those of `procedural.Procedural`, but for `fps`, and these:

    Attributes:
      num_persons: of the training split.
      num_validation_persons: of the validation split.
      num_test_persons: of the test split.
      speech: factor of how far speech opens the mouth; 0 is silence.
    """

    name = "faces"
    version = 1

    num_train_clips: int = 2400
    num_validation_clips: int = 240
    num_test_clips: int = 480
    clip_frames: int = 64
    fps: float = dataclasses.field(default=FPS, init=False)
    num_persons: int = 240
    num_validation_persons: int = 24
    num_test_persons: int = 48
    speech: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._num_persons = {
            "train": self.num_persons,
            "validation": self.num_validation_persons,
            "test": self.num_test_persons,
        }
        for split, count in self._num_persons.items():
            if count < 1:
                raise errors.UserError(
                    f"The number of persons of faces/{split} ({count}) must be at least 1."
                )
        if self.speech < 0:
            raise errors.UserError(f"`speech` ({self.speech}) must not be negative.")
        self.spec = self.make_spec(num_classes=len(faces_expression.EXPRESSIONS))

    def expression(self, index: int) -> str:
        """Returns the expression of a clip; the six take turns."""
        return faces_expression.EXPRESSIONS[index % len(faces_expression.EXPRESSIONS)]

    def person(self, split: str, index: int) -> faces_person.Person:
        """Returns who is seen in a clip."""
        return self._cast(split, index)[0]

    def performance(self, split: str, index: int) -> faces_expression.Performance:
        """Returns what the face of a clip does, for all its frames."""
        return self._cast(split, index)[1]

    def render(
        self, split: str, index: int, start: int = 0, frames: int | None = None
    ) -> dict[str, np.ndarray]:
        """Draws a window of a clip: frames and label."""
        person, performance = self._cast(split, index)
        pictures = raster.paint(
            person,
            performance.at(self.times(start, frames)),
            self.spec.height,
            self.spec.width,
        )
        label = faces_expression.EXPRESSIONS.index(self.expression(index))
        return {"frames": pictures, "labels": np.asarray(label, np.int32)}

    def _cast(
        self, split: str, index: int
    ) -> tuple[faces_person.Person, faces_expression.Performance]:
        """Draws the person of a clip and the performance."""
        generator = self.generator(split, index)
        before = self.splits[: self.splits.index(split)]
        first = sum(self._num_persons[earlier] for earlier in before)
        number = first + int(generator.integers(self._num_persons[split]))
        performance = faces_expression.performed(
            generator,
            self.expression(index),
            num_frames=self.clip_frames,
            fps=FPS,
            speech=self.speech,
        )
        return faces_person.person(number, self.version), performance
