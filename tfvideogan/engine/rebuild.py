"""From a run folder back to its model: what every door but training starts with.

    rebuilt = rebuild.rebuild("runs/foregan", checkpoint="latest")
    rebuilt.built.model, rebuilt.step

The model is made from the configuration that lies in the folder, and every one of its
variables must be found in the checkpoint. A protocol (`protocols.py`) brings data and
metrics of its own; the clips keep the sizes of those that the run was trained on, unless
the protocol has a size of its own.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf
from absl import logging

from tfvideogan.core import errors, signatures
from tfvideogan.engine import build, choices, evaluator, loop, protocols
from tfvideogan.engine import strategy as strategies
from tfvideogan.engine.config import config
from tfvideogan.engine.runs import checkpoints, run_folder, vocabulary
from tfvideogan.metrics import measures

# What a protocol replaces. Files of data take their sizes from three macros.
JUDGEMENT = ("tfvideogan.data", "tfvideogan.metrics")
SIZE_MACROS = "\nFRAMES = {frames}\nHEIGHT = {height}\nWIDTH = {width}\n"


@dataclasses.dataclass(frozen=True)
class Rebuilt:
    """A model as a checkpoint has it.

    Attributes:
      built: model, source and strategy.
      step: training steps done.
      arguments: of `loop.run`, as configured.
      folder: the run folder.
      parsed: the configuration.
      protocol: by which it is going to be judged, or None.
    """

    built: build.Built
    step: int
    arguments: Mapping[str, Any]
    folder: run_folder.RunFolder
    parsed: config.Parsed
    protocol: protocols.Protocol | None = None

    def serving_functions(
        self, *, is_plain: bool = False
    ) -> Mapping[str, signatures.ServingFunction]:
        """Returns the signatures of the model.

        Args:
          is_plain: whether they are for plain exports.

        Raises:
          UserError: it has none.
        """
        model = self.built.model
        try:
            return (
                model.fixed_size_functions() if is_plain else model.serving_functions()
            )
        except NotImplementedError as error:
            raise errors.UserError(
                f"{self.built.model_name} cannot be served."
            ) from error

    def signed(self, report: evaluator.Report) -> evaluator.Report:
        """Returns a report that names its protocol, as it is without one."""
        if self.protocol is None:
            return report
        record = self.protocol.record(
            self.built.source,
            trained_on=self.folder.card().get("data", "unknown data"),
            bindings=self.parsed.bindings,
            environment=run_folder.environment(self.built.strategy),
        )
        return dataclasses.replace(report, protocol={**report.protocol, **record})

    def comparison(self, report: evaluator.Report) -> str:
        """Returns what others published for the protocol, or why that is left out."""
        metrics = self.arguments["metrics"]
        return self.protocol.comparison(
            self.built.source,
            report.protocol["clips"],
            changes=protocols.changes(self.parsed),
            extractors=[one.extractor for one in metrics if hasattr(one, "extractor")],
        )

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
            "metrics": [
                one | {"main": measures.main(one.get("results", ()))}
                for one in self.folder.evaluations(self.step, weights)
            ],
            **({"imported": imported} if imported else {}),
        }


def rebuild(
    workdir: str,
    *,
    checkpoint: str = choices.LATEST,
    bindings: Sequence[str] = (),
    protocol: str | None = None,
    strategy: tf.distribute.Strategy | None = None,
) -> Rebuilt:
    """Makes the model of a run folder and restores its weights.

    Args:
      workdir: the run folder.
      checkpoint: "latest", a step number, or the folder of a checkpoint.
      bindings: applied after the folder's configuration, for paths and the like.
      protocol: name of a protocol, whose data and metrics replace those of the run.
      strategy: by default one device.

    Raises:
      UserError: the folder, the configuration or the checkpoint is at fault, or the run
        was trained on other clips than the protocol's.
    """
    folder = run_folder.RunFolder(workdir)
    text, judged_by = folder.config_text(), None
    if protocol is None:
        parsed = config.parse_text(text, bindings)
    else:
        parsed, judged_by = _parse_protocol(folder, text, bindings, protocol)
    config.check_complete(loop.run, {"workdir": workdir})
    arguments = config.arguments(loop.run)
    strategies.set_precision(arguments["precision"])
    source = build.build_source(arguments["make_source"])
    if judged_by is not None:
        judged_by.check_source(source, folder.spec(), str(folder.path))
    built = build.build(
        arguments["make_model"], lambda: source, strategy or strategies.one_device()
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
            f"{folder.path} has no checkpoint yet; train first.",
            flags=f"python -m tfvideogan.train --workdir={folder.quoted} goes on.",
        )
    return Rebuilt(built, step, arguments, folder, parsed, judged_by)


def _parse_protocol(
    folder: run_folder.RunFolder, text: str, bindings: Sequence[str], name: str
) -> tuple[config.Parsed, protocols.Protocol]:
    """Reads a protocol on top of the configuration of a run."""
    trained = folder.spec()
    judged = protocols.read(name).judged(trained)
    parsed = config.parse_text(
        text + SIZE_MACROS.format(**vars(judged)),
        bindings,
        gin_files=[protocols.gin_file(name)],
        replaced=JUDGEMENT,
    )
    protocol = config.call(protocols.Protocol, name=name)
    protocol.check_size(trained, str(folder.path))
    others = protocols.other_settings(folder.card().get("values", {}), parsed.values)
    if others:
        logging.warning(
            "The run was trained with %s: clips of its training may be judged.",
            ", ".join(others),
        )
    return parsed, protocol
