"""What all models of frames and a sentence show: to metrics, to people, behind signatures.

class TextToVideo(predicting.PredictingModel):
    caption_size = 256
    def build_networks(self, spec): ...
    def make_phases(self): ...
    def encode(self, caption_tokens, lengths): ...
    def continue_from(self, history, caption, *, num_frames): ...
"""

from collections.abc import Mapping
from typing import Protocol

import tensorflow as tf

from tfvideogan.core import seeds, signatures
from tfvideogan.models import base
from tfvideogan.models.text2video import history as histories
from tfvideogan.models.text2video import served, swapping


class Options(Protocol):
    """What the options of such a model have in common.

    Attributes:
      depth: d, frames of the history.
      context: frames of a clip that evaluations give.
      served_frames: F, frames of an answer of the signatures.
      painter: folder of an exported model of stills that makes first frames from text; or
        None.
    """

    depth: int
    context: int
    served_frames: int
    painter: str | None


class PredictingModel(base.VideoModel):
    """Frames and a sentence become the frames that follow; deterministic.

    Attributes:
      options: see `Options`.
    """

    options: Options

    # --- What a subclass provides

    @property
    def caption_size(self) -> int:
        """Numbers in the code of a caption."""
        raise NotImplementedError(f"{type(self).__name__}.caption_size")

    def encode(self, caption_tokens: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        """Returns the codes [N, D] float32 of captions [N, L], of so many words [N]."""
        raise NotImplementedError(f"{type(self).__name__}.encode")

    def continue_from(
        self, history: histories.History, caption: tf.Tensor, *, num_frames: int
    ) -> tuple[tf.Tensor, histories.History]:
        """Predicts what follows on a history; see `rollout.predict`."""
        raise NotImplementedError(f"{type(self).__name__}.continue_from")

    # --- Inference

    @property
    def depth(self) -> int:
        """Frames of a history."""
        return self.options.depth

    def predict_frames(
        self,
        context: tf.Tensor,
        caption_tokens: tf.Tensor,
        lengths: tf.Tensor,
        *,
        num_frames: int,
    ) -> tf.Tensor:
        """Predicts what follows on a context.

        Args:
          context: [N, K, H, W, C] in [-1, 1], one frame or more; the last d count.
          caption_tokens: [N, L] int32.
          lengths: [N] int32.
          num_frames: F, any.

        Returns:
          [N, F, H, W, C] in [-1, 1].
        """
        history = histories.of_context(context, self.depth)
        code = self.encode(caption_tokens, lengths)
        return self.continue_from(history, code, num_frames=num_frames)[0]

    def evaluation_outputs(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Predicts every clip from its first frames and a sentence.

        Returns:
          `frames`, like those of the batch: the context, then the prediction;
          `swapped_frames`, as many, of another sentence, `swapped_tokens` [N, L] int32.
        """
        frames, context = batch["frames"], self.options.context
        own = batch["caption_tokens"], batch["caption_lengths"]
        other = self._swapped(batch)
        return {
            "frames": self._completed(frames, *own, context=context),
            "swapped_frames": self._completed(frames, *other, context=context),
            "swapped_tokens": other[0],
        }

    def sample_clips(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Shows `real` clips, `predicted` from one frame, and of `swapped` captions."""
        frames = batch["frames"]
        own = batch["caption_tokens"], batch["caption_lengths"]
        return {
            "real": frames,
            "predicted": self._completed(frames, *own, context=1),
            "swapped": self._completed(frames, *self._swapped(batch), context=1),
        }

    # --- Serving

    def serving_functions(self) -> dict[str, signatures.ServingFunction]:
        """`predict`, with a painter also `generate`, and their parts for long videos."""
        painter = self.options.painter
        return served.serving_functions(
            self,
            num_frames=self.options.served_frames,
            painter=served.Painter(painter, self.spec) if painter else None,
        )

    def _completed(
        self,
        frames: tf.Tensor,
        caption_tokens: tf.Tensor,
        lengths: tf.Tensor,
        *,
        context: int,
    ) -> tf.Tensor:
        """Keeps the first frames of clips and predicts the others."""
        given = frames[:, :context]
        made = self.predict_frames(
            given, caption_tokens, lengths, num_frames=frames.shape[1] - context
        )
        return tf.concat([given, made], axis=1)

    def _swapped(self, batch: Mapping[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        return swapping.swapped(
            batch["caption_tokens"], seeds.from_int(0), words=self.spec.words
        )
