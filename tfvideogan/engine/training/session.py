"""One start of a training: restore, train, look, judge, save.

Everything that changes weights is a function of the step (order of data, seeds, which
phases run), so a run that was stopped goes on as if nothing had happened.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf
from absl import logging

from tfvideogan.core import clip, leaving
from tfvideogan.data import pipeline
from tfvideogan.engine import build, choices, evaluator
from tfvideogan.engine import strategy as strategies
from tfvideogan.engine.config import config
from tfvideogan.engine.processes import (
    agreement,
    cluster,
    data_service,
    interruption,
    waiting,
)
from tfvideogan.engine.reporting import progress, reports, samples, wandb_mirror
from tfvideogan.engine.runs import checkpoints, layout, run_folder, vocabulary
from tfvideogan.engine.training import divergence, endings, feed
from tfvideogan.engine.training import schedule as schedules
from tfvideogan.engine.training import trainer as trainers


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
      step: of the newest checkpoint; the last one unless it is interrupted.
      is_interrupted: whether a signal ended it before its last step.
    """

    step: int
    is_interrupted: bool


@dataclasses.dataclass(frozen=True)
class _Done:
    """Steps that were done, and the newest of them that was saved."""

    step: int
    saved: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Session:
    """One start of a run, from restoring to the last save.

    Attributes:
      schedule: when what happens.
      folder: of the run.
      built: model, source and strategy.
      trainer: of the steps.
      saver: of the checkpoints.
      sampler: of clips to look at.
      judge: runs the metrics.
      plan: of the evaluations.
      has_metrics: whether there is anything to judge.
      batch_size: of one update, over all replicas.
      seed: of the order of data.
      transforms: augmentations.
      precision: as configured.
      checkpoint: from which to go on, "latest" or a step.
      log: "short" or "long" lines.
      wandb: the project in which TensorBoard's events appear, or None.
    """

    schedule: schedules.Schedule
    folder: run_folder.RunFolder
    built: build.Built
    trainer: trainers.Trainer
    saver: checkpoints.Checkpoints
    sampler: samples.Sampler
    judge: evaluator.Evaluator
    plan: evaluator.Plan
    has_metrics: bool
    batch_size: int
    seed: int
    transforms: Sequence[pipeline.Transform]
    precision: str
    checkpoint: str
    log: str
    wandb: str | None

    def run(self, service: data_service.Service) -> Outcome:
        """Restores, trains, and says how to go on.

        Args:
          service: that prepares the batches, or none.
        """
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
        iterator = feed.training_blocks(
            self.built.source,
            self.built.strategy,
            batch_size=self.batch_size,
            seed=self.seed,
            start_step=start,
            steps_per_call=self.schedule.steps_per_call,
            batches_per_step=self.built.model.batches_per_step,
            transforms=self.transforms,
            service=service.address,
        )
        beside = waiting.Beside(lambda: feed.take(iterator), f"data{service.about}")
        awaited = feed.AwaitedBlocks(beside, service, interruption.StopRequest())
        first = awaited.take()
        if first is None:
            raise interruption.Stopped(awaited.stop.reason)
        per_call = self.schedule.steps_per_call
        batch = feed.first_replica(self.built.strategy, first, per_call)
        clip.check_batch(batch, self.built.source.spec)
        if self.folder.is_chief:
            logging.info("Tracing the first step; this can take a minute.")
        count = min(per_call, self.schedule.steps - start)
        with build.objections_explained(self.built.model_name):
            traced = self.trainer.prepare(first, step=start, count=count)
        if self.has_metrics:
            self.judge.rehearse(self.plan)
        with self.folder.locked():
            card = self._record(start)
            mirror = wandb_mirror.of(self.folder, self.wandb, reports.settings_of(card))
            with endings.noted(self.folder) as ending, mirror:
                reporter = self._open(start, card, traced)
                done, stop = self._trained(reporter, beside, service, first, start)
                if done.step < self.schedule.steps:
                    ending.how = layout.STOPPED
            return self._farewell(reporter, done, stop)

    def _trained(
        self,
        reporter: reports.Reporter,
        beside: waiting.Beside,
        service: data_service.Service,
        first: feed.Block,
        start: int,
    ) -> tuple[_Done, interruption.StopRequest]:
        """Trains with signals handled; returns what was done and the stop request."""
        with interruption.listening() as stop:
            try:
                blocks = feed.AwaitedBlocks(beside, service, stop)
                return self._train(reporter, blocks, first, start, stop), stop
            except divergence.TrainingDiverged as error:
                message = f"{error} {self._way_back()}"
                raise divergence.TrainingDiverged(message) from error
            finally:
                reporter.close()
                beside.close()

    def _restore(self) -> int:
        """Restores a checkpoint; returns its step, 0 without one."""
        optimizers = self.built.model.optimizers.values()
        rates = [tf.identity(one.learning_rate) for one in optimizers]
        start = self.saver.restore(self.checkpoint) or 0
        # That of an earlier version may have been saved in a row of skipped steps.
        self.built.model.skipped_in_a_row.assign(0)
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

    def _record(self, start: int) -> dict[str, Any]:
        """Makes the run folder, or sets later records aside; returns the card."""
        card = run_folder.make_card(
            self.built, config.values(), step=start, precision=self.precision
        )
        files = vocabulary.files(self.built.source)
        self.folder.write_start(card, config.text(), config.operative_text(), files)
        self.saver.set_aside_after(start)
        self.folder.forget_after(start)
        return card

    def _open(
        self,
        start: int,
        card: Mapping[str, Any],
        traced: tf.types.experimental.ConcreteFunction,
    ) -> reports.Reporter:
        """Says what is going to happen."""
        imported = self.folder.card().get("imported")
        display = progress.Progress(
            steps=self.schedule.steps,
            start=start,
            frames_per_step=self._frames_per_step,
            phases=[one.name for one in self.built.model.phases],
            is_long=self.log == choices.LONG,
        )
        reporter = reports.Reporter(
            self.folder, self.built, self.sampler, display, start
        )
        reporter.start(start, card, traced)
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
        return reporter

    def _train(
        self,
        reporter: reports.Reporter,
        blocks: feed.AwaitedBlocks,
        block: feed.Block,
        start: int,
        stop: interruption.StopRequest,
    ) -> _Done:
        """Trains until the last step or a signal."""
        step, waited, saved, is_due = start, 0.0, start, False
        averages, pace = trainers.Averages(), progress.Pace()
        while True:
            watch = progress.Stopwatch()
            count = min(self.schedule.steps_per_call, self.schedule.steps - step)
            rows = self.trainer.run(block, step=step, count=count)
            is_first = step == start
            if not is_first:  # It was traced, which says nothing of the speed.
                pace.add(count, waited, watch.lap())
            stop.has_work = True
            self._prove(rows, step)
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
                averages, pace = trainers.Averages(), progress.Pace()
            if is_first or self.schedule.is_due(self.schedule.sample_every, step):
                reporter.clips(step)
            must_stop = step == self.schedule.steps or self._must_stop(stop)
            is_due |= must_stop or self._is_save_due(step)
            if is_due and self._is_sound(rows[-1], step):
                saved, is_due = self._save(step), False
            if not stop.is_asked and self._is_evaluation_due(step):
                self._judge(reporter, step, stop)
            if must_stop or self._must_stop(stop):
                break
            watch.lap()
            block = blocks.take()
            if block is None:
                self._check_alone(stop)
                break
            waited = watch.lap()
        if saved < step and self._is_sound(rows[-1], step):
            saved = self._save(step)
        if saved < step == self.schedule.steps:
            raise divergence.TrainingDiverged(
                f"The last step, {step}, was skipped: its gradients were not finite."
            )
        return _Done(step, saved)

    def _check_alone(self, stop: interruption.StopRequest) -> None:
        """Raises WorkerLost when other workers, too, would have to save."""
        if strategies.workers(self.built.strategy)[0] > 1:
            raise cluster.WorkerLost(
                f"Stopped by {stop.reason} while waiting for data; {leaving.SAFE}. "
                "Start all workers again with the same command."
            )

    def _prove(self, rows: Sequence[trainers.Row], step: int) -> None:
        """Tells the saver which weights are sound, those after `step` steps first."""
        for place, row in enumerate(rows):
            if divergence.was_sound(row):
                self.saver.prove(step + place)

    def _is_sound(self, row: trainers.Row, step: int) -> bool:
        """Whether the weights may be saved after a step with these logs.

        Raises:
          TrainingDiverged: the step was applied and has left values that are not finite.
        """
        is_last = step == self.schedule.steps
        is_search = self.precision in strategies.SCALED and is_last  # of a loss scale
        if row.get(divergence.SKIPPED) and not is_search:
            return False
        model, strategy = self.built.model, self.built.strategy
        broken = divergence.broken_variables(model.checkpoint_items(), strategy)
        if broken:
            raise divergence.TrainingDiverged(
                f"Training stopped at step {step}: values of {', '.join(broken)} are not "
                "finite, or have no finite norm."
            )
        return True

    def _way_back(self) -> str:
        """Says where to go on after a divergence."""
        step = self.saver.newest_sound()
        if step is None:
            return "No checkpoint was saved before. Start with a lower learning rate."
        return (
            f"The newest sound checkpoint is that of step {step} in {self.saver.folder}. "
            f"Go on from it by --checkpoint={step}, with a lower learning rate or "
            "gradients bounded by `clip_norm` (and --overwrite_config)."
        )

    def _save(self, step: int) -> int:
        feed.check_cache()
        files = {layout.OPERATIVE: config.operative_text()}
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
        self, reporter: reports.Reporter, done: _Done, stop: interruption.StopRequest
    ) -> Outcome:
        is_interrupted = done.step < self.schedule.steps
        if is_interrupted:
            saved = f"saved at step {done.saved}"
            if done.saved < done.step:
                saved += f" (step {done.step} was skipped)"
            reporter.say(
                "Stopped by %s and %s of %d. The same command goes on: %s",
                stop.reason or "another worker's signal",
                saved,
                self.schedule.steps,
                run_folder.command(),
            )
        else:
            reporter.say(
                "Done: step %d. Next: python -m tfvideogan.evaluate --workdir=%s",
                done.step,
                self.folder.quoted,
            )
        return Outcome(done.saved, is_interrupted)
