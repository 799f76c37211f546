"""VINet: each frame is filled from its neighbours in time and from the last output.

    frame, sources at some distance, previous output -> painter, carrier -> frame

Trained in up to three stages, as published:

    single        the frame and one source; until `sources_start`
    sources       the frame and all sources; until `recurrence_start`
    recurrence    some consecutive frames, each with the output before; flow and warping
                  losses

The source of the first stage stands in the places of all. A frame that has no output
before it stands there itself, with its holes.

With the defaults of `Options` and `LossWeights` networks, losses and stages are the
paper's, but for the teacher of the flow, which is that of the batch instead of FlowNet2's.
What the released code does otherwise is in `options.Release`. As there, a video begins
with some frames filled backwards, so that its first frame has an output before it.

Source: Kim, Woo, Lee, Kweon, Deep Video Inpainting, CVPR 2019.
"""

import collections
from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from tfvideogan.core import clip as clips
from tfvideogan.core import errors, seeds
from tfvideogan.models import completion, completion_windows, phase, weight_names
from tfvideogan.models.vinet import filling, objective, painter, published, teacher
from tfvideogan.models.vinet import options as vinet_options
from tfvideogan.ops import warp

LEARNING_RATE = 1e-4
# Frames of a long video that are filled at a time.
BLOCK = 16
SINGLE, SOURCES, RECURRENCE = "single", "sources", "recurrence"


class VINet(completion.CompletionModel):
    """A painter, and a carrier of the previous output."""

    def __init__(
        self,
        options: vinet_options.Options | None = None,
        *,
        release: vinet_options.Release | None = None,
        weights: objective.LossWeights | None = None,
        optimizer: keras.optimizers.Optimizer | None = None,
        flow_completer: str | None = None,
        seed: int = 0,
        ema_decay: float = 0.0,
        name: str | None = None,
    ) -> None:
        """Stores the settings.

        Args:
          options: of the networks and the schedule; the paper's by default.
          release: what is done as in the released code; nothing by default.
          weights: of the losses; the defaults of `LossWeights` by default.
          optimizer: Adam(1e-4) by default.
          flow_completer: see `CompletionModel`.
          seed: see `VideoModel`.
          ema_decay: see `VideoModel`; 0, as published, judges the weights themselves.
          name: see `VideoModel`.
        """
        super().__init__(
            flow_completer=flow_completer, seed=seed, ema_decay=ema_decay, name=name
        )
        self.options = options or vinet_options.Options()
        self.release = release or vinet_options.Release()
        self.loss_weights = weights or objective.LossWeights()
        self.optimizer_of_all = optimizer or keras.optimizers.Adam(LEARNING_RATE)

    @property
    def size_multiple(self) -> int:
        """What sides are padded to."""
        return self.options.size_multiple

    # --- Networks

    def build_networks(self, spec: clips.ClipSpec) -> None:
        """Creates the networks.

        Raises:
          UserError: the clips have no holes, are too short, of other sizes than the
            networks take, or have no flow that a loss needs.
        """
        completion.check_spec(spec)
        self._check(spec)
        options, release = self.options, self.release
        self.painter = painter.Painter(
            spec.channels, options, has_uniform_biases=release.uniform_biases
        )
        self.carrier = painter.Carrier(
            options,
            has_uniform_biases=release.uniform_biases,
            discards_flow=release.discarded_flow,
        )
        self.filler = filling.Filler(self.painter, self.carrier, options, release)
        # Two frames create every variable.
        batch = clips.zeros_like_spec(spec, 1)
        clip = self.filler.clip(batch["frames"], batch["holes"])
        places = self.filler.places(0, spec.frames)
        state = self.filler.fill(clip, 0, places, None).state
        self.filler.fill(clip, 0, places, state)

    @property
    def networks(self) -> dict[str, keras.Layer]:
        """The painter, and the carrier, which a first frame does without."""
        return {"painter": self.painter, "carrier": self.carrier}

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        """Both."""
        return ("painter", "carrier")

    def published_weights(self) -> weight_names.Table:
        """The names in the released state_dicts."""
        return published.table(self.networks)

    # --- Losses

    def make_phases(self) -> tuple[phase.Phase, ...]:
        """The stages, one behind the other."""
        options = self.options
        bounds = (0, options.sources_start, options.recurrence_start, None)
        stages = (
            (SINGLE, ("painter",), self.single_losses),
            (SOURCES, ("painter",), self.sources_losses),
            (RECURRENCE, ("painter", "carrier"), self.recurrence_losses),
        )
        return tuple(
            phase.Phase(
                *stage,
                self.optimizer_of_all,
                start=start,
                stop=stop,
                clip_norm=options.clip_norm,
            )
            for stage, start, stop in zip(stages, bounds, bounds[1:], strict=False)
            if start != stop
        )

    def single_losses(
        self, batch: phase.Batch, shared: None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """A frame from itself and the last of its sources."""
        return self._still_losses(batch, seed, SINGLE)

    def sources_losses(
        self, batch: phase.Batch, shared: None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """A frame from itself and its sources."""
        return self._still_losses(batch, seed, SOURCES)

    def recurrence_losses(
        self, batch: phase.Batch, shared: None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Frames one after another."""
        options, weights = self.options, self.loss_weights
        times = self._times(seed, options.targets)
        filled = self._roll(batch, times, self.filler.places)
        terms = self._image_losses(batch, times, [one.frame for one in filled])
        # The first one is what was painted.
        raw = [one.painted for one in filled[1:]]
        if weights.raw and raw:
            for name, loss in self._image_losses(batch, times[1:], raw).items():
                terms[name] += weights.raw * loss
        terms |= self._alignment(batch, times, filled)
        terms |= self._motion_losses(batch, times, filled)
        count = float(options.targets)
        return {
            f"{RECURRENCE}/{name}": loss / count for name, loss in terms.items()
        }, {}

    def _still_losses(
        self, batch: phase.Batch, seed: tf.Tensor, stage: str
    ) -> tuple[phase.Scalars, phase.Scalars]:
        def places(time: tf.Tensor, length: int) -> tf.Tensor:
            found = self.filler.places(time, length)
            return found if stage == SOURCES else tf.repeat(found[-1:], found.shape[0])

        times = self._times(seed, 1)
        filled = self._roll(batch, times, places)
        terms = self._image_losses(batch, times, [filled[0].frame])
        terms |= self._alignment(batch, times, filled, places)
        return {f"{stage}/{name}": loss for name, loss in terms.items()}, {}

    def _times(self, seed: tf.Tensor, count: int) -> list[tf.Tensor]:
        """Numbers of consecutive frames, scalars int32."""
        free = self.spec.frames - count
        start = tf.constant(free // 2)
        if self.options.random_targets:
            start = seeds.integers([], seeds.fold(seed, "targets"), free + 1)
        return [start + number for number in range(count)]

    def _roll(
        self,
        batch: phase.Batch,
        times: Sequence[tf.Tensor],
        places: Callable[[tf.Tensor, int], tf.Tensor],
    ) -> list[filling.Filled]:
        clip, state, made = self.filler.clip(batch["frames"], batch["holes"]), None, []
        for time in times:
            made.append(
                self.filler.fill(clip, time, places(time, self.spec.frames), state)
            )
            state = made[-1].state
        return made

    def _image_losses(
        self,
        batch: phase.Batch,
        times: Sequence[tf.Tensor],
        made: Sequence[tf.Tensor],
    ) -> dict[str, tf.Tensor]:
        """Sums over frames; see `objective.image_losses`."""
        real, holes = (
            tf.concat([tf.gather(batch[key], one, axis=1) for one in times], axis=0)
            for key in ("frames", "holes")
        )
        found = objective.image_losses(
            real,
            tf.concat(made, axis=0),
            tf.cast(holes > 0, tf.float32),
            self.loss_weights,
        )
        return {name: len(times) * loss for name, loss in found.items()}

    def _alignment(
        self,
        batch: phase.Batch,
        times: Sequence[tf.Tensor],
        filled: Sequence[filling.Filled],
        places: Callable[[tf.Tensor, int], tf.Tensor] | None = None,
    ) -> dict[str, tf.Tensor]:
        """Sums over frames; see `objective.misalignment` and `misguidance`."""
        weights = self.loss_weights
        real, places = batch["frames"], places or self.filler.places
        losses = collections.defaultdict(list)
        for time, one in zip(times, filled, strict=True):
            numbers = tf.unstack(places(time, self.spec.frames))
            others = [tf.gather(real, number, axis=1) for number in numbers]
            seen = (tf.gather(real, time, axis=1), others, one.flows[:-1])
            if weights.alignment:
                apart = objective.misalignment(*seen)
                losses["alignment"].append(weights.alignment * apart)
            if weights.guidance:
                taught = [teacher.between(batch, time, number) for number in numbers]
                apart = objective.misguidance(*seen, taught)
                losses["guidance"].append(weights.guidance * apart)
        return {name: tf.add_n(found) for name, found in losses.items()}

    def _motion_losses(
        self,
        batch: phase.Batch,
        times: Sequence[tf.Tensor],
        filled: Sequence[filling.Filled],
    ) -> dict[str, tf.Tensor]:
        """Flow and warping losses of all frames but the first, summed."""
        weights = self.loss_weights
        if not weights.need_flow or len(times) == 1:
            return {}
        real = [tf.gather(batch["frames"], time, axis=1) for time in times]
        flows, warpings, to_first = [], [], None
        for place in range(1, len(times)):
            # On the grid of this frame, to the one before.
            taught = tf.gather(batch["backward_flow"], times[place] - 1, axis=1)
            frame, made = real[place], filled[place].frame
            flows.append(
                objective.flow_loss(
                    frame,
                    real[place - 1],
                    (made, filled[place - 1].frame),
                    filled[place].carried,
                    taught,
                )
            )
            to_first = taught if place == 1 else warp.compose(taught, to_first)
            pairs = [(real[place - 1], taught)]
            if place > 1:
                pairs.append((real[0], to_first))
            warpings += [
                objective.warping_loss(
                    frame, earlier, made, flow, squares_sum=self.release.squared_sum
                )
                for earlier, flow in pairs
            ]
        return {
            "flow": weights.flow * tf.add_n(flows),
            "warping": weights.warping * tf.add_n(warpings),
        }

    def _check(self, spec: clips.ClipSpec) -> None:
        options = self.options
        if spec.frames < options.targets:
            raise errors.UserError(
                f"`targets` ({options.targets}) must be at most the frames of a clip "
                f"({spec.frames})."
            )
        multiple = options.size_multiple
        if spec.height % multiple or spec.width % multiple:
            raise errors.UserError(
                f"Training clips of {spec.height}x{spec.width} must have sides that are "
                f"multiples of {multiple}; change HEIGHT and WIDTH."
            )
        needs_flow = self.loss_weights.guidance or (
            self.loss_weights.need_flow and options.targets > 1
        )
        if needs_flow and not spec.has_flow:
            raise errors.UserError(
                f"`flow` ({self.loss_weights.flow:g}), `warping` "
                f"({self.loss_weights.warping:g}) and `guidance` "
                f"({self.loss_weights.guidance:g}) need clips with flow; set them to 0, or "
                "take a source with flow, as gin/data/holed.gin."
            )

    # --- Inference

    @property
    def reach(self) -> completion_windows.Reach:
        """As far as the sources; an output follows from the one before, unblended."""
        return completion_windows.Reach(
            block=BLOCK,
            context=max(map(abs, self.options.offsets)),
            overlap=0,
            references=0,
        )

    def paint_window(self, window: completion_windows.Window) -> tf.Tensor:
        """Fills a block, going on from the outputs before it; see `CompletionModel`.

        These pass through the networks again, which brings the LSTM's memory back.
        """
        before = window.before.completed()
        whole = completion_windows.joined(before, window.block, window.behind)
        first = before.length()
        made = self.filler.fill_clip(
            whole.frames,
            whole.holes,
            stop=first + window.block.length(),
            goes_on=first > 0,
        )
        return made[:, first:]

    def paint(self, frames: tf.Tensor, holes: tf.Tensor) -> tf.Tensor:
        """Fills clips; see `CompletionModel`."""
        return self.filler.fill_clip(frames, holes)
