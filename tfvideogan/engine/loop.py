"""run(): a training from its settings, which come from gin, to its end.

    from __gin__ import dynamic_registration
    from tfvideogan.engine import loop
    loop.run.make_model = @foregan.ForeGAN      # a factory: called in the strategy's scope
    loop.run.make_source = @sprites.Sprites

Here the arguments are checked and the parts are made; `training/session.py` trains.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

import tfvideogan
from tfvideogan.core import errors
from tfvideogan.data import pipeline
from tfvideogan.data import source as sources
from tfvideogan.engine import build, choices, evaluator, resources
from tfvideogan.engine import strategy as strategies
from tfvideogan.engine.config import config
from tfvideogan.engine.processes import agreement, cluster, data_service, waiting
from tfvideogan.engine.reporting import samples, wandb_mirror
from tfvideogan.engine.runs import checkpoints, differences, run_folder, vocabulary
from tfvideogan.engine.training import schedule as schedules
from tfvideogan.engine.training import session, trainer
from tfvideogan.metrics import streaming
from tfvideogan.models import base


def run(
    *,
    workdir: str,
    make_model: Callable[[], base.VideoModel],
    make_source: Callable[[], sources.ClipSource],
    steps: int,
    batch_size: int,
    seed: int = 0,
    precision: str = "float32",
    transforms: Sequence[pipeline.Transform] = (),
    log_every: int = 100,
    sample_every: int = 500,
    num_samples: int = 4,
    eval_every: int = 0,
    eval_split: str | None = None,
    eval_clips: int | None = None,
    eval_multiples: int = 4,
    eval_batch_size: int = 4,
    metrics: Sequence[streaming.Metric] = (),
    save_every: int = 500,
    keep_checkpoints: int = 3,
    max_skipped_in_a_row: int = 20,
    max_skipped_share: float = 0.25,
    steps_per_call: int = 1,
    jit_phases: Sequence[str] = (),
    deterministic: bool = False,
    strategy: tf.distribute.Strategy | None = None,
    overwrite_config: bool = False,
    checkpoint: str = choices.LATEST,
    service: str | None = None,
    log: str = choices.SHORT,
    wandb: str | None = None,
) -> session.Outcome:
    """Trains, or goes on training, the model of a run folder.

    Args:
      workdir: the run folder; made when model and first batch have passed all checks.
      make_model: called without arguments in the strategy's scope.
      make_source: called without arguments.
      steps: of the whole training, those of earlier starts included.
      batch_size: of one update, over all replicas of all workers. A step of a model
        whose phases repeat with batches of their own reads as many of them.
      seed: of the order of data, windows and transforms.
      precision: "float32", "float16" (mixed, with loss scaling) or "bfloat16" (mixed).
      transforms: augmentations, applied in order.
      log_every: steps between lines of losses and speed; 0: first and last step only.
      sample_every: steps between animated clips; 0 likewise.
      num_samples: clips to look at, the first of `eval_split`.
      eval_every: steps between evaluations; 0 evaluates at the end only.
      eval_split: judged during training; "validation" by default, or what comes next.
      eval_clips: how many clips at most; None takes all.
      eval_multiples: windows have min(multiples x T, what the split has) frames.
      eval_batch_size: clips at a time.
      metrics: none: nothing is judged.
      save_every: steps between checkpoints; 0 saves at the end only.
      keep_checkpoints: how many of the newest to keep.
      max_skipped_in_a_row: so many steps with gradients that are not finite end the run.
      max_skipped_share: as does a larger share of such among the latest steps.
      steps_per_call: steps that the device runs without asking the host.
      jit_phases: names of phases whose losses and gradients XLA compiles; not for 3-D
        convolutions on a CPU. Random floats then differ on a CPU, see `core/seeds.py`.
      deterministic: forbids TensorFlow operations whose result varies between runs;
        slower on a GPU.
      strategy: by default the one that fits the machine, see `engine/strategy.py`.
      overwrite_config: allows another configuration in an old run folder.
      checkpoint: "latest", or the step of an earlier checkpoint of the run folder, to
        go on from there.
      service: a tf.data service that prepares the batches, see `data_service.py`.
      log: "short" lines with the sum of each phase, or "long" ones with every loss.
      wandb: a project of Weights & Biases in which TensorBoard's events appear, too.

    Returns:
      How it ended.

    Raises:
      UserError: the configuration or the data are at fault.
      TrainingDiverged: see `max_skipped_in_a_row`.
      WorkerLost: another worker has ended.
    """
    schedule = schedules.Schedule(
        steps, log_every, sample_every, eval_every, save_every, steps_per_call
    )
    if checkpoint != choices.LATEST and not checkpoint.isdecimal():
        raise errors.UserError(
            f'`checkpoint` ({checkpoint}) must be "{choices.LATEST}" or a step.'
        )
    _check_kinds(metrics, transforms)
    if num_samples < 1:
        raise errors.UserError(
            f"`num_samples` ({num_samples}) must be at least 1; `sample_every` = 0 shows "
            "clips at the start and the end only."
        )
    strategies.set_precision(precision)
    if deterministic:
        tf.config.experimental.enable_op_determinism()
    strategy = strategy or strategies.make()
    is_chief = strategies.workers(strategy)[1] == 0
    if wandb is not None and is_chief:
        wandb_mirror.check()
    folder = run_folder.RunFolder(workdir, is_chief=is_chief)
    folder.check(config.values(), overwrite=overwrite_config)
    settings = dataclasses.asdict(schedule)
    settings |= {"batch_size": batch_size, "seed": seed, "precision": precision}
    with _loss_explained(strategy), waiting.said("the other workers"):
        agreement.check(strategy, _facts(settings))
    with resources.exhaustion_explained(), _loss_explained(strategy):
        built = build.build(make_model, make_source, strategy)
    resources.check_memory(
        built.source.spec,
        clips=batch_size
        * built.model.batches_per_step
        * steps_per_call
        // strategies.workers(strategy)[0],
    )
    metrics = evaluator.fitting(metrics, built.source)
    split = eval_split or evaluator.default_split(built.source, "validation", "test")
    sources.check_split(built.source, split)
    sources.check_window(built.source, split, built.source.spec.frames)
    one = session.Session(
        schedule=schedule,
        folder=folder,
        built=built,
        trainer=trainer.Trainer(
            built.model,
            strategy,
            steps_per_call=steps_per_call,
            max_skipped_in_a_row=max_skipped_in_a_row,
            max_skipped_share=max_skipped_share,
            jit_phases=jit_phases,
        ),
        saver=checkpoints.Checkpoints(
            folder.checkpoints,
            built.model.checkpoint_items(),
            model=built.model_name,
            keep=keep_checkpoints,
            is_chief=is_chief,
            fixed=vocabulary.files(built.source),
        ),
        sampler=samples.Sampler(
            built.model, built.source, split=split, number=num_samples
        ),
        judge=evaluator.Evaluator(built.model, built.source, metrics),
        plan=evaluator.Plan(split, eval_clips, eval_multiples, eval_batch_size),
        has_metrics=bool(metrics),
        batch_size=batch_size,
        seed=seed,
        transforms=transforms,
        precision=precision,
        checkpoint=checkpoint,
        log=log,
        wandb=wandb,
    )
    with (
        resources.exhaustion_explained(),
        _loss_explained(strategy),
        data_service.opened(service) as opened,
    ):
        return one.run(opened)


def _loss_explained(
    strategy: tf.distribute.Strategy,
) -> contextlib.AbstractContextManager:
    """Explains errors of a training by the loss of a worker, if there are others."""
    if strategies.workers(strategy)[0] == 1:
        return contextlib.nullcontext()
    return cluster.loss_explained()


def _check_kinds(
    metrics: Sequence[streaming.Metric], transforms: Sequence[pipeline.Transform]
) -> None:
    """Raises UserError when gin has put something else in the lists."""
    for one in metrics:
        if isinstance(one, type) or not hasattr(one, "update"):
            raise errors.UserError(
                f"`metrics`: {one!r} is no metric; write [@module.Metric()], with brackets."
            )
    for one in transforms:
        if isinstance(one, type) or not callable(one):
            raise errors.UserError(
                f"`transforms`: {one!r} is no transform; write [@module.Transform()], "
                "with brackets."
            )


def _facts(settings: Mapping[str, object]) -> dict[str, str]:
    """Returns all that must be the same on every worker."""
    found = {name: str(value) for name, value in settings.items()}
    found["version of tfvideogan"] = tfvideogan.__version__
    bound = config.values().items()
    return found | {n: one for n, one in bound if not differences.is_place(n)}
