"""One training step of a gin file on zeros, for tests/test_gin.py.

It runs in a process of its own: a traced step is never collected. TensorFlow's registry
keeps the gradient functions of `tf.custom_gradient`, which Keras' optimizers use, for as
long as the process lives, and they keep the variables (TensorFlow 2.21). A dozen
experiments at full width would fill 20 GB.
"""

from collections.abc import Sequence

import tensorflow as tf

from tfvideogan.core import clip
from tfvideogan.engine import loop, trainer
from tfvideogan.engine.config import config


def logs_and_unused(
    paths: Sequence[str], bindings: Sequence[str], spec: clip.ClipSpec | None
) -> tuple[dict[str, float], list[str]]:
    """Trains a step of some gin files.

    Args:
      paths: gin files, later ones win.
      bindings: further ones.
      spec: of the clips; None asks the source for its own.

    Returns:
      The logs of the step, and the bindings that nothing looked at.
    """
    config.parse(list(paths), list(bindings))
    arguments = config.arguments(loop.run)
    spec = spec or arguments["make_source"]().spec
    strategy = tf.distribute.OneDeviceStrategy("CPU:0")
    with strategy.scope():
        model = arguments["make_model"]()
        model.build_for(spec)
    number = arguments["batch_size"] * model.batches_per_step
    zeros = clip.zeros_like_spec(spec, number)
    logs = trainer.Trainer(model, strategy).run(zeros, step=0, count=1)[0]
    return {name: float(value) for name, value in logs.items()}, config.unused()
