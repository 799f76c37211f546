"""OPN, the onion-peel network: holes of videos are painted from their rims inwards.

    each target: references of the clip -> memory; peel by peel until nothing is missing
    completed frames -> consistency network, if there is one -> one video

Frames are completed each by itself, from what other frames of the clip show; only the
consistency network looks from one result to the next. `options.py` says how the published
form and the better one differ.

Training: one frame of each clip, drawn at random, is the target and all others its
references; a fixed number of passes, whose losses are added and differentiated once,
through all of them (the authors, in an issue of their repository). The consistency network
trains on what encoder and decoder make of whole clips, which gets no gradient of it.

Source: Oh, Lee, Lee, Kim, Onion-Peel Networks for Deep Video Completion, ICCV 2019.
"""

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds, signatures, surroundings
from tfvideogan.losses import pixels
from tfvideogan.models import completion, completion_windows, phase, weight_names
from tfvideogan.models.opn import (
    consistency,
    matching,
    memory,
    networks,
    objective,
    peeling,
    published,
)
from tfvideogan.models.opn import options as options_lib
from tfvideogan.ops import distance

LEARNING_RATE = 1e-4
PUBLISHED = options_lib.Options()
OBJECTIVES = {
    objective.PUBLISHED: objective.published,
    objective.BY_AREA: objective.by_area,
}


class OPN(completion.CompletionModel):
    """Encoder and decoder of targets, and a consistency network behind them."""

    def __init__(
        self,
        options: options_lib.Options = PUBLISHED,
        *,
        weights: objective.LossWeights | None = None,
        optimizer: keras.optimizers.Optimizer | None = None,
        consistency_optimizer: keras.optimizers.Optimizer | None = None,
        flow_completer: str | None = None,
        seed: int = 0,
        ema_decay: float = 0.0,
        name: str | None = None,
    ) -> None:
        """Stores the settings.

        Args:
          options: of networks, passes and training.
          weights: of the losses; the defaults of `LossWeights` by default.
          optimizer: of encoder and decoder; Adam(1e-4) by default.
          consistency_optimizer: likewise; must be its own object.
          flow_completer: see `CompletionModel`.
          seed: see `VideoModel`.
          ema_decay: see `VideoModel`; 0 judges the weights themselves.
          name: see `VideoModel`.

        Raises:
          UserError: what was read is to be judged where no pixels are read.
        """
        super().__init__(
            flow_completer=flow_completer, seed=seed, ema_decay=ema_decay, name=name
        )
        self.options = options
        self.loss_weights = weights or objective.LossWeights()
        is_judged = options.reads_pixels and options.objective == objective.BY_AREA
        if self.loss_weights.read and not is_judged:
            raise errors.UserError(
                f"`LossWeights.read` ({self.loss_weights.read:g}) judges pixels that are "
                f"read; set `reads_pixels` to True and `objective` to "
                f"{objective.BY_AREA!r}, or leave it 0."
            )
        self.optimizer_ = optimizer or keras.optimizers.Adam(LEARNING_RATE)
        self.consistency_optimizer = consistency_optimizer or keras.optimizers.Adam(
            LEARNING_RATE
        )

    @property
    def size_multiple(self) -> int:
        """4, or 8 with a consistency network."""
        if self.options.consistency_width:
            return consistency.SIZE_MULTIPLE
        return networks.STRIDE

    # --- Networks

    def build_networks(self, spec: clip.ClipSpec) -> None:
        """Creates the networks.

        Raises:
          UserError: the clips have no holes, are not RGB, do not divide into places, or
            have no flow although there is a consistency network to train.
        """
        settings = self.options
        self._check(spec)
        self.encoder = networks.Encoder(
            settings.width, gain=settings.gain, reads_pixels=settings.reads_pixels
        )
        self.decoder = networks.Decoder(
            settings.width,
            spec.channels,
            gain=settings.gain,
            is_residual=settings.fills_first,
            reads_pixels=settings.reads_pixels,
        )
        self.painter = peeling.Painter(
            self.encoder,
            self.decoder,
            has_sampled_maps=settings.has_sampled_maps,
            chunk=settings.chunk,
        )
        self.vgg = objective.features(self.loss_weights)
        # One forward pass creates every variable.
        size = 2 * self.size_multiple
        frames, holes = tf.zeros([1, size, size, 3]), tf.zeros([1, size, size, 1])
        remembered = self.painter.remember(frames, holes)
        self.painter.predict(frames, 1.0 - holes, holes, holes > 0, remembered)
        if settings.consistency_width:
            self.consistency = consistency.ConsistencyNetwork(
                settings.consistency_width, spec.channels
            )
            state = tf.zeros([1, 2, 2, self.consistency.state_channels])
            self.consistency(frames, holes, frames, holes, state)

    @property
    def networks(self) -> dict[str, keras.Layer]:
        """Encoder and decoder, and the consistency network."""
        found = {"encoder": self.encoder, "decoder": self.decoder}
        if self.options.consistency_width:
            found["consistency"] = self.consistency
        return found

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self.networks)

    def published_weights(self) -> weight_names.Table:
        """The names in the released state_dicts."""
        return published.table(self.networks)

    def _check(self, spec: clip.ClipSpec) -> None:
        completion.check_spec(spec)
        if spec.channels != 3:
            raise errors.UserError(
                f"`channels` ({spec.channels}) must be 3: frames are normalised as RGB."
            )
        for side in ("height", "width"):
            size, multiple = getattr(spec, side), self.size_multiple
            if size % multiple:
                raise errors.UserError(
                    f"`{side}` ({size}) of training clips must be a multiple of "
                    f"{multiple}; use {-(-size // multiple) * multiple}. Videos that are "
                    "completed may have any size."
                )
        if self.options.consistency_width and not (spec.has_flow and spec.frames > 1):
            raise errors.UserError(
                "A consistency network (`consistency_width` "
                f"{self.options.consistency_width}) needs clips of two frames or more, "
                "with flow; set it to 0, or take a source with flow."
            )

    # --- Losses

    def make_phases(self) -> tuple[phase.Phase, ...]:
        """Encoder and decoder, and the consistency network."""
        settings = self.options
        phases = []
        if settings.completer_steps != 0:
            phases.append(
                phase.Phase(
                    "completer",
                    ("encoder", "decoder"),
                    self.completer_losses,
                    self.optimizer_,
                    clip_norm=settings.clip_norm,
                    stop=settings.completer_steps,
                )
            )
        if settings.consistency_width:
            phases.append(
                phase.Phase(
                    "consistency",
                    ("consistency",),
                    self.consistency_losses,
                    self.consistency_optimizer,
                    clip_norm=settings.clip_norm,
                    start=settings.consistency_start,
                )
            )
        return tuple(phases)

    def completer_losses(
        self, batch: phase.Batch, shared: None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """The losses of the passes of one target of each clip."""
        settings = self.options
        clips, length = tf.shape(batch["frames"])[0], batch["frames"].shape[1]
        # The target, and behind it all others, as if the clip were a ring.
        target = seeds.integers([clips], seeds.fold(seed, "target"), length)
        order = (target[:, tf.newaxis] + tf.range(length)) % length
        if settings.train_references is not None:
            drawn = seeds.uniform([clips, length - 1], seeds.fold(seed, "references"))
            most = min(settings.train_references, length - 1)
            places = tf.math.top_k(drawn, most).indices
            others = tf.gather(order[:, 1:], places, batch_dims=1)
            order = tf.concat([order[:, :1], others], axis=1)
        frames, holes = (
            tf.gather(one, order, batch_dims=1)
            for one in (batch["frames"], tf.cast(batch["holes"] > 0, tf.float32))
        )
        hidden = self._hidden(frames, holes)
        remembered = self.painter.remember(
            _folded(hidden[:, 1:]), _folded(holes[:, 1:])
        ).of_clips(clips)
        truth, hole = frames[:, 0], holes[:, 0]
        passes = self.painter.train(
            hidden[:, 0],
            hole,
            remembered,
            widths=self._widened(self._peel_width(hole.shape[1]), hole),
            passes=settings.train_passes,
        )
        losses = OBJECTIVES[settings.objective](
            truth, hole, passes, self.loss_weights, self.vgg
        )
        apart = pixels.masked_l1(truth, passes[-1].frames, hole)
        losses = {f"completer/{name}": loss for name, loss in losses.items()}
        return losses, {"l1/hole": objective.UNIT * apart}

    def consistency_losses(
        self, batch: phase.Batch, shared: None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """The losses of the consistency network along whole clips."""
        settings, holes = self.options, batch["holes"]
        given = self._completed(self._hidden(batch["frames"], holes), holes)
        given = tf.stop_gradient(tf.where(holes > 0, given, batch["frames"]))
        made = consistency.run(
            self.consistency,
            given,
            holes,
            is_clipped=False,
            teacher=batch["frames"] if settings.taught_steps else None,
            is_taught=self.step - settings.consistency_start < settings.taught_steps,
            starts_from_black=settings.starts_from_black,
            is_unpasted=settings.is_unpasted,
        )
        losses = objective.consistency(made, given, batch, self.loss_weights)
        before = objective.consistency(given, given, batch, self.loss_weights)
        losses = {f"consistency/{name}": loss for name, loss in losses.items()}
        gain = before["temporal"] - losses["consistency/temporal"]
        return losses, {"gain/temporal": gain}

    # --- Inference

    @property
    def reach(self) -> completion_windows.Reach:
        """Frames are completed each by itself, from references; nothing is blended.

        Attention reads from afar: on six clips of DAVIS (24 frames of 240x424, an ellipse
        that stands still) 32 pixels around it gave 17.2 dB in the hole, 64 and whole
        frames 17.7.
        """
        return completion_windows.Reach(
            block=8,
            context=8,
            overlap=0,
            references=8,
            margin=surroundings.WIDE_MARGIN,
        )

    def paint_window(self, window: completion_windows.Window) -> tf.Tensor:
        """Completes a block from all that the window shows; see `CompletionModel`.

        The consistency network starts at the frames before, of which it knows no more
        than how they look.
        """
        references, before = window.references.hidden(), window.before.completed()
        whole = completion_windows.joined(
            references, before, window.block, window.behind
        )
        first = references.length() + before.length()
        made = self._completed(
            self._hidden(whole.frames, whole.holes),
            whole.holes,
            targets=tf.range(first, first + window.block.length()),
        )
        if not self.options.consistency_width:
            return made
        made = tf.where(window.block.holes > 0, made, window.block.frames)
        shown = completion_windows.joined(
            before, completion_windows.Part(made, window.block.holes)
        )
        return self._consistent(shown.frames, shown.holes)[:, before.length() :]

    def fixed_size_functions(self) -> dict[str, signatures.ServingFunction]:
        """The same, computed for whole frames; see `VideoModel`."""

        def paint(window: completion_windows.Window) -> tf.Tensor:
            with self.painter.on_whole_frames():
                return self.paint_window(window)

        return self.served_by(paint, has_fixed_size=True)

    def paint(self, frames: tf.Tensor, holes: tf.Tensor) -> tf.Tensor:
        """Paints clips; see `CompletionModel`."""
        made = self._completed(self._hidden(frames, holes), holes)
        if not self.options.consistency_width:
            return made
        return self._consistent(tf.where(holes > 0, made, frames), holes)

    def _hidden(self, frames: tf.Tensor, holes: tf.Tensor) -> tf.Tensor:
        return peeling.hidden(frames, holes, fills_first=self.options.fills_first)

    def _consistent(self, frames: tf.Tensor, holes: tf.Tensor) -> tf.Tensor:
        return consistency.run(
            self.consistency,
            frames,
            holes,
            starts_from_black=self.options.starts_from_black,
            is_unpasted=self.options.is_unpasted,
        )

    def _completed(
        self, hidden: tf.Tensor, holes: tf.Tensor, *, targets: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Completes frames of clips one by one, [N, K, H, W, 3].

        Args:
          hidden: [N, T, H, W, 3], see `peeling.hidden`.
          holes: [N, T, H, W, 1].
          targets: [K] int32, those that are completed; None for all.
        """
        length, *size = hidden.shape[1:]
        if targets is None:
            targets = tf.range(tf.shape(hidden)[1])
        else:
            length = targets.shape[0]
        made = tf.map_fn(
            lambda one: self._completed_clip(*one, targets),
            (hidden, tf.cast(holes > 0, tf.float32)),
            fn_output_signature=tf.TensorSpec([length, *size], tf.float32),
            parallel_iterations=1,
        )
        return tf.ensure_shape(made, [hidden.shape[0], length, *size])

    def _completed_clip(
        self, frames: tf.Tensor, holes: tf.Tensor, targets: tf.Tensor
    ) -> tf.Tensor:
        length = tf.shape(frames)[0]
        candidates = self._candidates(length)
        # Each is encoded once, one at a time.
        remembered = memory.Memory(
            *tf.map_fn(
                lambda place: tuple(
                    one[0]
                    for one in self.painter.remember(
                        frames[place : place + 1], holes[place : place + 1]
                    )
                ),
                candidates,
                fn_output_signature=self._memory_signature(),
                parallel_iterations=1,
            )
        )
        width = self._peel_width(tf.shape(frames)[1])

        def completed(time: tf.Tensor) -> tf.Tensor:
            chosen = self._chosen(candidates, time, remembered, holes)
            hole = holes[time : time + 1]
            return self.painter.complete(
                frames[time : time + 1],
                hole,
                remembered.of_frames(chosen),
                width=self._widened(width, hole)[0],
            )[0]

        return tf.map_fn(
            completed,
            targets,
            fn_output_signature=tf.TensorSpec(frames.shape[1:], tf.float32),
            parallel_iterations=1,
        )

    def _memory_signature(self) -> tuple[tf.TensorSpec, ...]:
        channels, dtype = 2 * self.options.width, self.encoder.compute_dtype
        keys = values = tf.TensorSpec([None, channels], dtype)
        if self.options.reads_pixels:
            keys = tf.TensorSpec([None, channels + matching.EXTRA], tf.float32)
            patch = self.spec.channels * networks.PATCH**2
            values = tf.TensorSpec([None, channels + patch], dtype)
        return keys, values, tf.TensorSpec([None], tf.bool)

    def _candidates(self, length: tf.Tensor) -> tf.Tensor:
        """The frames that are remembered, [K] int32."""
        stride = tf.constant(self.options.reference_stride)
        if self.options.references == options_lib.BY_VISIBILITY:
            most = self.options.most_candidates
            stride = tf.maximum(stride, -(-length // most))
        return tf.range(0, length, stride)

    def _chosen(
        self,
        candidates: tf.Tensor,
        target: tf.Tensor,
        remembered: memory.Memory,
        holes: tf.Tensor,
    ) -> tf.Tensor:
        if self.options.references == options_lib.EVERY_NTH:
            return memory.every_nth(candidates, target)
        return memory.by_visibility(
            candidates,
            target,
            is_known=remembered.is_known,
            hole=tf.reshape(memory.touched(holes[target : target + 1]), [-1]),
            most=self.options.most_references,
        )

    def _peel_width(self, height: int | tf.Tensor) -> tf.Tensor:
        """Pixels of a peel, a float32 scalar."""
        if self.options.peel == options_lib.FIXED:
            return tf.constant(self.options.peel_width)
        share = tf.cast(height, tf.float32) / options_lib.PUBLISHED_HEIGHT
        return tf.maximum(self.options.peel_width * share, options_lib.LEAST_PEEL)

    def _widened(self, width: tf.Tensor, holes: tf.Tensor) -> tf.Tensor:
        """Pixels of a peel of each target, [N], of holes [N, H, W, 1]."""
        widths = tf.fill([tf.shape(holes)[0]], width)
        if not self.options.widens_peels:
            return widths
        deepest = tf.reduce_max(distance.inside(holes), axis=[1, 2, 3])
        return tf.maximum(widths, deepest / self.options.train_passes)


def _folded(clips: tf.Tensor) -> tf.Tensor:
    return tf.reshape(clips, [-1, *clips.shape[2:]])  # [N·T, ...]
