"""run(): build, restore, train, look, judge, save. The arguments come from gin.

    from __gin__ import dynamic_registration
    from tfvideogan.engine import loop
    loop.run.make_model = @foregan.ForeGAN      # a factory: called in the strategy's scope
    loop.run.make_source = @sprites.Sprites

Everything that changes weights is a function of the step (order of data, seeds, which
phases run), so a run that was stopped goes on as if nothing had happened.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence

import keras
import tensorflow as tf
from absl import logging

import tfvideogan
from tfvideogan.core import clip, errors
from tfvideogan.data import pipeline
from tfvideogan.data import source as sources
from tfvideogan.engine import (
    build,
    evaluator,
    feed,
    trainer,
)
from tfvideogan.engine import schedule as schedules
from tfvideogan.engine import strategy as strategies
from tfvideogan.engine.config import config
from tfvideogan.engine.processes import agreement, data_service, interruption
from tfvideogan.engine.reporting import progress, reports, samples
from tfvideogan.engine.runs import checkpoints, differences, run_folder, vocabulary
from tfvideogan.metrics import streaming
from tfvideogan.models import base

OUT_OF_MEMORY = (
    "Out of memory. What helps most: a smaller batch (--gin_param='BATCH_SIZE = ...'), "
    "smaller or shorter clips (--gin_param='HEIGHT = ...', WIDTH, FRAMES), or, on a GPU, "
    "--precision=bfloat16."
)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
      step: training steps done, all saved.
      is_interrupted: whether a signal ended it before its last step.
    """

    step: int
    is_interrupted: bool


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
    steps_per_call: int = 1,
    jit_phases: Sequence[str] = (),
    deterministic: bool = False,
    strategy: tf.distribute.Strategy | None = None,
    overwrite_config: bool = False,
    service: str | None = None,
) -> Outcome:
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
      steps_per_call: steps that the device runs without asking the host.
      jit_phases: names of phases whose losses and gradients XLA compiles; not for 3-D
        convolutions on a CPU. Random floats then differ on a CPU, see `core/seeds.py`.
      deterministic: forbids TensorFlow operations whose result varies between runs;
        slower on a GPU.
      strategy: by default the one that fits the machine, see `engine/strategy.py`.
      overwrite_config: allows another configuration in an old run folder.
      service: a tf.data service that prepares the batches, see `data_service.py`.

    Returns:
      How it ended.

    Raises:
      UserError: the configuration or the data are at fault.
      TrainingDiverged: see `max_skipped_in_a_row`.
    """
    schedule = schedules.Schedule(
        steps, log_every, sample_every, eval_every, save_every, steps_per_call
    )
    strategies.set_precision(precision)
    if deterministic:
        tf.config.experimental.enable_op_determinism()
    strategy = strategy or strategies.make()
    is_chief = strategies.workers(strategy)[1] == 0
    folder = run_folder.RunFolder(workdir, is_chief=is_chief)
    folder.check(config.values(), overwrite=overwrite_config)
    settings = dataclasses.asdict(schedule)
    settings |= {"batch_size": batch_size, "seed": seed, "precision": precision}
    agreement.check(strategy, _facts(settings))
    built = build.build(make_model, make_source, strategy)
    split = eval_split or evaluator.default_split(built.source, "validation", "test")
    sources.check_split(built.source, split)
    sources.check_window(built.source, split, built.source.spec.frames)
    session = _Session(
        schedule=schedule,
        folder=folder,
        built=built,
        trainer=trainer.Trainer(
            built.model,
            strategy,
            steps_per_call=steps_per_call,
            max_skipped_in_a_row=max_skipped_in_a_row,
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
    )
    try:
        with data_service.opened(service) as address:
            return session.run(address)
    except tf.errors.ResourceExhaustedError as error:
        raise errors.UserError(OUT_OF_MEMORY) from error


def _facts(settings: Mapping[str, object]) -> dict[str, str]:
    """Returns all that must be the same on every worker."""
    found = {name: str(value) for name, value in settings.items()}
    found["version of tfvideogan"] = tfvideogan.__version__
    bound = config.values().items()
    return found | {n: one for n, one in bound if not differences.is_place(n)}


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Session:
    """One start of a run, from restoring to the last save."""

    schedule: schedules.Schedule
    folder: run_folder.RunFolder
    built: build.Built
    trainer: trainer.Trainer
    saver: checkpoints.Checkpoints
    sampler: samples.Sampler
    judge: evaluator.Evaluator
    plan: evaluator.Plan
    has_metrics: bool
    batch_size: int
    seed: int
    transforms: Sequence[pipeline.Transform]
    precision: str

    def run(self, service: str | None) -> Outcome:
        """Restores, trains, and says how to go on."""
        start = self._restore()
        if start >= self.schedule.steps:
            logging.info(
                "%s has done %d steps of %d: nothing is left. Train on with a larger "
                "--steps, or anew in another --workdir.",
                self.folder.path,
                start,
                self.schedule.steps,
            )
            return Outcome(start, is_interrupted=False)
        blocks = feed.training_blocks(
            self.built.source,
            self.built.strategy,
            batch_size=self.batch_size,
            seed=self.seed,
            start_step=start,
            steps_per_call=self.schedule.steps_per_call,
            batches_per_step=self.built.model.batches_per_step,
            transforms=self.transforms,
            service=service,
        )
        first = feed.take(blocks)
        per_call = self.schedule.steps_per_call
        batch = feed.first_replica(self.built.strategy, first, per_call)
        clip.check_batch(batch, self.built.source.spec)
        reporter = self._open(start)
        with interruption.listening() as stop:
            try:
                step = self._train(reporter, blocks, first, start, stop)
            finally:
                reporter.close()
        return self._farewell(reporter, step, stop)

    def _restore(self) -> int:
        """Restores the newest checkpoint; returns its step, 0 without one."""
        optimizers = self.built.model.optimizers.values()
        rates = [tf.identity(one.learning_rate) for one in optimizers]
        start = self.saver.restore() or 0
        for one, rate in zip(optimizers, rates, strict=True):
            # A constant rate is a variable of Keras' optimizers, so that a checkpoint
            # would bring back the old one although the configuration has another.
            if isinstance(one.learning_rate, keras.Variable):
                one.learning_rate.assign(rate)
        self._check_same_start(start)
        return start

    def _check_same_start(self, step: int) -> None:
        strategy = self.built.strategy
        if strategies.workers(strategy)[0] == 1:
            return
        items = self.built.model.checkpoint_items()
        digest = build.variables_digest(items, strategy)
        source = self.built.source
        clips = {split: source.num_clips(split) for split in source.splits}
        facts = {"step": step, "clips": (clips, source.spec), "weights": digest}
        agreement.check(strategy, {name: str(one) for name, one in facts.items()})

    def _open(self, start: int) -> reports.Reporter:
        """Makes the run folder and says what is going to happen."""
        card = run_folder.make_card(
            self.built, config.values(), step=start, precision=self.precision
        )
        files = vocabulary.files(self.built.source)
        self.folder.write_start(card, config.text(), config.operative_text(), files)
        self.folder.forget_after(start)
        imported = self.folder.card().get("imported")
        display = progress.Progress(
            steps=self.schedule.steps,
            start=start,
            frames_per_step=self._frames_per_step,
            phases=[one.name for one in self.built.model.phases],
        )
        reporter = reports.Reporter(self.folder, self.built, self.sampler, display)
        reporter.start(start, card)
        if start:
            reporter.say("Going on after step %d.", start)
        elif imported:
            reporter.say(
                "Starting from the weights of %s; the optimizers start afresh.",
                ", ".join(one["name"] for one in imported["files"]),
            )
        batches = self.built.model.batches_per_step
        if batches > 1:
            reporter.say(
                "A step reads %d batches of %d clips.", batches, self.batch_size
            )
        reporter.say("Tracing the first step; this can take a minute.")
        return reporter

    def _train(
        self,
        reporter: reports.Reporter,
        blocks: Iterator[feed.Block],
        block: feed.Block,
        start: int,
        stop: interruption.StopRequest,
    ) -> int:
        """Trains until the last step or a signal; returns the steps done, all saved."""
        step, waited, saved = start, 0.0, start
        averages, pace = trainer.Averages(), progress.Pace()
        while True:
            watch = progress.Stopwatch()
            count = min(self.schedule.steps_per_call, self.schedule.steps - step)
            rows = self.trainer.run(block, step=step, count=count)
            is_first = step == start
            if not is_first:  # It was traced, which says nothing of the speed.
                pace.add(count, waited, watch.lap())
            step += count
            averages.add(rows)
            reporter.block(step, rows[-1])
            if is_first or self.schedule.is_due(self.schedule.log_every, step):
                reporter.interval(
                    step,
                    averages.means(),
                    pace,
                    skipped=averages.skipped,
                    frames_per_step=self._frames_per_step,
                )
                averages, pace = trainer.Averages(), progress.Pace()
            if is_first or self.schedule.is_due(self.schedule.sample_every, step):
                reporter.clips(step)
            must_stop = step == self.schedule.steps or self._must_stop(stop)
            if must_stop or self._is_save_due(step):
                saved = self._save(step)
            if not stop.is_asked and self._is_evaluation_due(step):
                self._judge(reporter, step, stop)
            if must_stop or self._must_stop(stop):
                break
            watch.lap()
            block = feed.take(blocks)
            waited = watch.lap()
        return step if saved == step else self._save(step)

    def _save(self, step: int) -> int:
        files = {run_folder.OPERATIVE: config.operative_text()}
        self.saver.save(step, files)
        return step

    def _judge(
        self, reporter: reports.Reporter, step: int, stop: interruption.StopRequest
    ) -> None:
        report = self.judge.run(self.plan, should_stop=lambda: stop.is_asked)
        if report is not None:
            reporter.evaluation(step, report)

    def _must_stop(self, stop: interruption.StopRequest) -> bool:
        strategy = self.built.strategy
        if strategies.workers(strategy)[0] == 1:
            return stop.is_asked
        return stop.is_asked_anywhere(strategy)

    def _is_save_due(self, step: int) -> bool:
        return self.schedule.is_due(self.schedule.save_every, step)

    def _is_evaluation_due(self, step: int) -> bool:
        return self.has_metrics and self.schedule.is_due(self.schedule.eval_every, step)

    @property
    def _frames_per_step(self) -> int:
        """Real frames that a step reads: the unit of the speed that is reported."""
        clips = self.batch_size * self.built.model.batches_per_step
        return clips * self.built.source.spec.frames

    def _farewell(
        self, reporter: reports.Reporter, step: int, stop: interruption.StopRequest
    ) -> Outcome:
        is_interrupted = step < self.schedule.steps
        if is_interrupted:
            reporter.say(
                "Stopped by %s and saved at step %d of %d. The same command goes on: %s",
                stop.signal_name or "another worker's signal",
                step,
                self.schedule.steps,
                run_folder.command(),
            )
        else:
            reporter.say(
                "Done: step %d. Next: python -m tfvideogan.evaluate --workdir=%s",
                step,
                self.folder.path,
            )
        return Outcome(step, is_interrupted)
