"""What the methods beside a network make of holes, for an evaluation.

judge = Evaluator(model, source, metrics, further_outputs=filling.further_outputs(model))
"""

from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from tfvideogan.core import errors, pixels, signatures
from tfvideogan.library import loading
from tfvideogan.models import base
from tfvideogan.models import completion as completion_models
from tfvideogan.serving.client import completion


def further_outputs(
    model: base.VideoModel,
) -> Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]]:
    """Returns a function that fills the holes of a batch by `method="auto"`.

    It goes the way of `generate`: bytes in, the model's own signatures, bytes out; known
    pixels are those of the batch.

    Args:
      model: built; it answers by the weights that it has when it is asked.

    Raises:
      UserError: it fills no holes.
    """
    if not isinstance(model, completion_models.CompletionModel):
        raise errors.UserError(
            f"`method` ({completion.AUTO!r}) is for models that fill holes, but "
            f"{type(model).__name__} is none; leave it out."
        )
    loaded = loading.load(model)

    def fill(batch: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        frames, holes = batch["frames"], batch["holes"] > 0
        answer = loaded.run(
            signatures.COMPLETE,
            frames=pixels.to_uint8(tf.constant(frames)).numpy(),
            holes=holes.astype(np.uint8),
            method=completion.AUTO,
        )
        video = pixels.to_float(tf.constant(answer.video)).numpy()
        return {completion.AUTO: np.where(holes, video, frames)}

    return fill
