"""What all models of frames and a sentence have in common, however they are trained.

class TextToVideo(predicting.PredictingModel):
    caption_size = 256
    def build_networks(self, spec): ...
    def make_phases(self): ...
    def encode(self, caption_tokens, lengths): ...
    def continue_from(self, history, caption, *, num_frames): ...
"""

import functools
from collections.abc import Mapping
from typing import Protocol

import tensorflow as tf

from tfvideogan.core import signatures
from tfvideogan.models import base
from tfvideogan.models.text2video import history as histories
from tfvideogan.models.text2video import painter as painters
from tfvideogan.models.text2video import served, showing


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

    @functools.cached_property
    def painter(self) -> painters.Painter | None:
        """What makes first frames from text, if the options name it."""
        folder = self.options.painter
        # Also where a graph is traced that paints.
        with tf.init_scope():
            return painters.Painter(folder, self.spec) if folder else None

    @property
    def depth(self) -> int:
        """Frames of a history."""
        return self.options.depth

    @property
    def is_anchored(self) -> bool:
        """Whether a history has an anchor."""
        return False

    def history_of(self, context: tf.Tensor) -> histories.History:
        """Returns the history of a context; see `history.of_context`."""
        return histories.of_context(context, self.depth, is_anchored=self.is_anchored)

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
        history = self.history_of(context)
        code = self.encode(caption_tokens, lengths)
        return self.continue_from(history, code, num_frames=num_frames)[0]

    def evaluation_outputs(
        self, batch: Mapping[str, tf.Tensor]
    ) -> dict[str, tf.Tensor]:
        """Returns what metrics judge, see `showing.evaluation_outputs`."""
        return showing.evaluation_outputs(
            self, batch, context=self.options.context, painter=self.painter
        )

    def sample_clips(self, batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Real, predicted, and swapped; see `showing.sample_clips`."""
        return showing.sample_clips(self, batch)

    # --- Serving

    def serving_functions(self) -> dict[str, signatures.ServingFunction]:
        """`predict`, with a painter also `generate`, and their parts for long videos."""
        return served.serving_functions(
            self, num_frames=self.options.served_frames, painter=self.painter
        )
