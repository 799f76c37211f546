"""Signatures of a text-to-video model: strings in, frames out, videos of any length.

    predict           context, text            -> the frames that follow
    predict_start     context, text            -> the first of them, and the memory
    predict_next      memory                   -> those that follow on these, and so on
    generate          text, seed               -> a video from a sentence alone
    generate_start    text, seed               -> its beginning, and the memory
    generate_next     memory                   -> as `predict_next`

The last three are there where a painter is: the export of a model of stills with a
signature `generate` (`text`, `seed` -> `image`), which makes the first frame and becomes a
part of this export. The seed is the picture's: what follows on a picture is no matter of
luck. The memory is the history, its validity, its anchor if it has one, and the code of the
caption.
"""

import dataclasses
import functools
from typing import Protocol

import tensorflow as tf

from tfvideogan.core import clip, pixels, signatures
from tfvideogan.models import prediction, sampling
from tfvideogan.models.text2video import history as histories
from tfvideogan.models.text2video import painter as painters
from tfvideogan.ops import tokens

ABOUT_MEMORY = {
    "frames": "[N, d, H, W, C] float32, the last frames",
    "valid": "[N, d] float32, which of them there are",
    "anchor": "[N, H, W, C] float32, the newest given frame",
    "motion": "[N, 2, 3] float32, affine, from the last frame to that one",
    "caption": "[N, D] float32, the code of the caption",
}
ABOUT_CONTEXT = "one frame or more; the last ones count"


class Predicts(Protocol):
    """What this room needs of a model."""

    spec: clip.ClipSpec

    @property
    def depth(self) -> int:
        """Frames of a history."""
        ...

    @property
    def is_anchored(self) -> bool:
        """Whether a history has an anchor."""
        ...

    @property
    def caption_size(self) -> int:
        """Numbers in the code of a caption."""
        ...

    def history_of(self, context: tf.Tensor) -> histories.History:
        """Returns the history of a context."""
        ...

    def encode(self, caption_tokens: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        """Returns the codes of captions."""
        ...

    def continue_from(
        self, history: histories.History, caption: tf.Tensor, *, num_frames: int
    ) -> tuple[tf.Tensor, histories.History]:
        """Predicts frames; returns them and what to go on from."""
        ...


def serving_functions(
    model: Predicts, *, num_frames: int, painter: painters.Painter | None
) -> dict[str, signatures.ServingFunction]:
    """Returns the signatures; an answer depends on its own request alone.

    Args:
      model: at work.
      num_frames: F, frames of an answer.
      painter: makes first frames.
    """
    functions = _Functions(model, num_frames, painter)
    spec = model.spec
    context = signatures.video(signatures.CONTEXT, spec, axis="K", about=ABOUT_CONTEXT)
    # Any words of the vocabulary are a caption.
    example = " ".join(spec.words[1 : 1 + spec.caption_length])
    text = signatures.text("what happens, UTF-8", example=example)
    held = (painter.loaded,) if painter else ()
    of = functools.partial(
        signatures.ServingFunction.of, tolerance=prediction.TOLERANCE, held=held
    )
    memory = _memory(model)
    memorised = prediction.VIDEO | {
        signatures.NEXT_STATE + name: ABOUT_MEMORY[name] for name in memory
    }
    following = of(
        functions.go_on, _inputs(memory), memorised, about="what follows then"
    )
    about = "what follows on the frames"
    verb, inputs = signatures.PREDICT, [context, text]
    made = {
        verb: of(functions.predict, inputs, prediction.VIDEO, about=about),
        verb + signatures.START: of(
            functions.predict_start, inputs, memorised, about=about
        ),
        verb + signatures.NEXT: following,
    }
    if painter is None:
        return made
    about = "a picture of the sentence and what follows on it"
    verb, inputs = signatures.GENERATE, [text, signatures.seed()]
    return made | {
        verb: of(functions.generate, inputs, prediction.VIDEO, about=about),
        verb + signatures.START: of(
            functions.generate_start, inputs, memorised, about=about
        ),
        verb + signatures.NEXT: following,
    }


@dataclasses.dataclass(frozen=True)
class _Functions:
    """What the signatures compute."""

    model: Predicts
    num_frames: int
    painter: painters.Painter | None

    def predict(self, *, context: tf.Tensor, text: tf.Tensor) -> dict[str, tf.Tensor]:
        return _without_memory(self.predict_start(context=context, text=text))

    def predict_start(
        self, *, context: tf.Tensor, text: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        made, memory = self._begin(context, text)
        return sampling.video(made) | memory

    def go_on(
        self,
        *,
        state_frames: tf.Tensor,
        state_valid: tf.Tensor,
        state_caption: tf.Tensor,
        state_anchor: tf.Tensor | None = None,
        state_motion: tf.Tensor | None = None,
    ) -> dict[str, tf.Tensor]:
        slots = tuple(tf.unstack(state_frames, axis=1))
        anchor = ()
        if self.model.is_anchored:
            anchor = histories.Anchor(state_anchor, state_motion)
        history = histories.History(slots, state_valid, anchor)
        made, memory = self._follow(history, state_caption)
        return sampling.video(made) | memory

    def generate(self, *, text: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        return _without_memory(self.generate_start(text=text, seed=seed))

    def generate_start(
        self, *, text: tf.Tensor, seed: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        first = self.painter.paint(text, seed)[:, tf.newaxis]  # [N, 1, H, W, C]
        made, memory = self._begin(first, text)
        whole = tf.concat([pixels.to_float(first), made], axis=1)
        return sampling.video(whole) | memory

    def _begin(
        self, shown: tf.Tensor, said: tf.Tensor
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        spec = self.model.spec
        encoded = tokens.encode(said, words=spec.words, length=spec.caption_length)
        history = self.model.history_of(pixels.to_float(shown))
        return self._follow(history, self.model.encode(*encoded))

    def _follow(
        self, history: histories.History, caption: tf.Tensor
    ) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        made, history = self.model.continue_from(
            history, caption, num_frames=self.num_frames
        )
        memory = {
            "frames": tf.stack(history.frames, axis=1),  # [N, d, H, W, C]
            "valid": history.valid,
            "caption": caption,
        }
        if history.anchor:
            memory |= {"anchor": history.anchor.frame, "motion": history.anchor.motion}
        return made, {
            signatures.NEXT_STATE + name: value for name, value in memory.items()
        }


def _without_memory(answer: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    return {
        name: value for name, value in answer.items() if not signatures.is_state(name)
    }


def _memory(model: Predicts) -> dict[str, list[int]]:
    """Shapes of what is remembered of each clip, by name."""
    spec = model.spec
    size = (spec.height, spec.width)
    shapes = {
        "frames": [model.depth, *size, spec.channels],
        "valid": [model.depth],
        "caption": [model.caption_size],
    }
    if model.is_anchored:
        shapes["anchor"] = [*size, spec.channels]
        shapes["motion"] = [*histories.MOTION]
    return shapes


def _inputs(memory: dict[str, list[int]]) -> list[signatures.Input]:
    return [
        signatures.Input(
            tf.TensorSpec([None, *shape], tf.float32, signatures.STATE + name),
            signatures.InputRule(about=ABOUT_MEMORY[name]),
        )
        for name, shape in memory.items()
    ]
