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

import numpy as np

from tfvideogan.core import clip, errors
from tfvideogan.data.procedural import procedural
from tfvideogan.data.procedural.faces import expression as faces_expression
from tfvideogan.data.procedural.faces import person as faces_person
from tfvideogan.data.procedural.faces import raster

FPS = 25.0


class Faces(procedural.Procedural):
    """Talking faces; a `source.ClipSource` with labels."""

    name = "faces"
    version = 1

    def __init__(
        self,
        *,
        frames: int = 16,
        height: int = 64,
        width: int = 64,
        num_clips: int = 2400,
        num_validation_clips: int = 240,
        num_test_clips: int = 480,
        num_persons: int = 240,
        num_validation_persons: int = 24,
        num_test_persons: int = 48,
        clip_frames: int = 64,
        speech: float = 1.0,
        seed: int = 0,
    ) -> None:
        """Creates the source; nothing is drawn yet.

        Args:
          frames: T of one training window, at most `clip_frames`.
          height: in pixels.
          width: in pixels.
          num_clips: clips of the training split.
          num_validation_clips: clips of the validation split.
          num_test_clips: clips of the test split.
          num_persons: of the training split.
          num_validation_persons: of the validation split.
          num_test_persons: of the test split.
          clip_frames: frames in which an expression comes and goes.
          speech: factor of how far speech opens the mouth; 0 is silence.
          seed: of the clips; not the seed of a run. Persons do not depend on it.

        Raises:
          UserError: a value is out of its range.
        """
        persons = {
            "train": num_persons,
            "validation": num_validation_persons,
            "test": num_test_persons,
        }
        for split, count in persons.items():
            if count < 1:
                raise errors.UserError(
                    f"The number of persons of faces/{split} ({count}) must be at least 1."
                )
        if speech < 0:
            raise errors.UserError(f"`speech` ({speech}) must not be negative.")
        classes = len(faces_expression.EXPRESSIONS)
        super().__init__(
            clip.ClipSpec(frames, height, width, num_classes=classes, fps=FPS),
            {
                "train": num_clips,
                "validation": num_validation_clips,
                "test": num_test_clips,
            },
            clip_frames=clip_frames,
            seed=seed,
        )
        self.speech = speech
        self._num_persons = persons

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
