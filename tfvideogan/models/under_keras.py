"""What Keras' own methods may be asked of a model: checked, or refused with the way out.

    model = mocogan.MoCoGAN(...)
    model.build_for(spec)              # in the strategy's scope, if there is one
    model.compile()
    model.fit(batches)                 # dicts as core/clip.py says, NumPy or tf.data

A configuration is a gin file and a trained model is a run folder: both hold what Keras'
files cannot, such as optimizers and averages. Keras' weights files are taken.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors

# Arguments of `compile` that a model answers itself.
OWN = {"optimizer", "loss", "loss_weights", "metrics", "weighted_metrics"}


class Trained(Protocol):
    """What is asked here of a model."""

    name: str
    spec: clip.ClipSpec | None
    step: tf.Variable


def batch_of(model: Trained, given: Any) -> Mapping[str, tf.Tensor]:
    """Returns the batch that `fit` or `train_on_batch` have brought.

    Args:
      model: that is to be trained.
      given: a dict as in `core.clip`, alone or in Keras' tuple.

    Raises:
      UserError: the model is not built, or in another strategy's scope, or the batch is
        not as the model was built for.
    """
    if model.spec is None:
        raise errors.UserError(
            f"{model.name} has no variables yet; call "
            "`model.build_for(clip.ClipSpec(frames, height, width))` before `fit`, inside "
            "`strategy.scope()` if there is a strategy."
        )
    strategy = tf.distribute.get_strategy()
    if not strategy.extended.variable_created_in_scope(model.step):
        raise errors.UserError(
            f"{model.name} was built outside the scope of {type(strategy).__name__}; make "
            "it, call `build_for` and `compile` inside `with strategy.scope():`."
        )
    batch = keras.utils.unpack_x_y_sample_weight(given)[0]
    if not isinstance(batch, Mapping):
        raise errors.UserError(
            f"A batch is a dict with {', '.join(model.spec.shapes())}, but is a "
            f"{type(batch).__name__}; give fit({{'frames': frames, ...}})."
        )
    shapes = model.spec.shapes()
    batch = {key: _sized(one, shapes.get(key)) for key, one in batch.items()}
    clip.check_batch(batch, model.spec)
    return batch


def check_compiled(model: Trained, keywords: Mapping[str, Any]) -> None:
    """Checks what `compile` is given.

    Raises:
      UserError: it is what the model has itself.
    """
    given = sorted(set(keywords) & OWN)
    if given:
        raise errors.UserError(
            f"{model.name} has losses and optimizers of its own; call `compile()` without "
            f"{', '.join(given)}, and set them where the model is made."
        )


def _sized(tensor: tf.Tensor, shape: Sequence[int] | None) -> tf.Tensor:
    """Gives a tensor the sizes that its data set has left open."""
    if shape is None or None not in tuple(tensor.shape)[1:]:
        return tensor
    return tf.ensure_shape(tensor, [None, *shape])


def no_config(model: Trained) -> errors.UserError:
    """Returns why `get_config`, and what needs it, are refused."""
    return errors.UserError(
        f"{model.name} cannot be written as a Keras configuration: a gin file says how it "
        "is made, and a run folder (tfvideogan train) keeps it; tfvideogan.load(<run "
        "folder>) answers with it. `save_weights` and `load_weights` keep weights alone."
    )


def no_export(model: Trained) -> errors.UserError:
    """Returns why `export` is refused."""
    return errors.UserError(
        f"{model.name} is exported from its run folder, with signatures that check what "
        "they are given, by `tfvideogan export`."
    )


def no_loss(model: Trained) -> errors.UserError:
    """Returns why `evaluate` is refused."""
    return errors.UserError(
        f"{model.name} has no loss that judges it; `tfvideogan evaluate` runs the metrics "
        "of a run folder beside their baselines."
    )
