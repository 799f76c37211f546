"""From a run folder back to its model: what every door but training starts with.

    rebuilt = rebuild.rebuild("runs/foregan", checkpoint="latest")
    rebuilt.built.model, rebuilt.step

The model is made from the configuration that lies in the folder, and every one of its
variables must be found in the checkpoint.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.engine import build, loop
from tfvideogan.engine import strategy as strategies
from tfvideogan.engine.config import config
from tfvideogan.engine.runs import checkpoints, run_folder, vocabulary


@dataclasses.dataclass(frozen=True)
class Rebuilt:
    """A model as a checkpoint has it.

    Attributes:
      built: model, source and strategy.
      step: training steps done.
      arguments: of `loop.run`, as configured.
      folder: the run folder.
    """

    built: build.Built
    step: int
    arguments: Mapping[str, Any]
    folder: run_folder.RunFolder

    def about(self, weights: str, bindings: Sequence[str] = ()) -> dict[str, Any]:
        """Returns where the model comes from, for the card of an export.

        Args:
          weights: "ema" or "raw", those that are exported.
          bindings: those of the rebuilding.
        """
        source = self.built.source
        imported = self.folder.card().get("imported")
        config_lines = [self.folder.config_text().rstrip("\n"), *bindings]
        return {
            "model": self.built.model_name,
            "step": self.step,
            "weights": weights,
            "precision": self.arguments["precision"],
            "data": {
                "description": source.describe(),
                "is_procedural": source.is_procedural,
            },
            "clip": vars(source.spec),
            "config": "\n".join(config_lines) + "\n",
            "metrics": self.folder.evaluations(self.step, weights),
            **({"imported": imported} if imported else {}),
        }


def rebuild(
    workdir: str,
    *,
    checkpoint: str = checkpoints.LATEST,
    bindings: Sequence[str] = (),
    strategy: tf.distribute.Strategy | None = None,
) -> Rebuilt:
    """Makes the model of a run folder and restores its weights.

    Args:
      workdir: the run folder.
      checkpoint: "latest", a step number, or the folder of a checkpoint.
      bindings: applied after the folder's configuration, for paths and the like.
      strategy: by default one device.

    Raises:
      UserError: the folder, the configuration or the checkpoint is at fault.
    """
    folder = run_folder.RunFolder(workdir)
    config.parse_text(folder.config_text(), bindings)
    config.check_complete(loop.run, {"workdir": workdir})
    arguments = config.arguments(loop.run)
    strategies.set_precision(arguments["precision"])
    built = build.build(
        arguments["make_model"],
        arguments["make_source"],
        strategy or strategies.one_device(),
    )
    saver = checkpoints.Checkpoints(
        folder.checkpoints,
        built.model.checkpoint_items(),
        model=built.model_name,
        fixed=vocabulary.files(built.source),
    )
    step = saver.restore(checkpoint)
    if step is None:
        raise errors.UserError(
            f"{folder.path} has no checkpoint yet; train first, with "
            f"python -m tfvideogan.train --workdir={folder.path}."
        )
    return Rebuilt(built, step, arguments, folder)
