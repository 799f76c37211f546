"""CPNet: frames with holes take what other frames show.

    aligner -> affine transforms -> references in the place of the target
    copier  -> features, matched -> copied ones, and where there is nothing to copy
    paster  -> the frame

Training has two stages, which are phases:

    alignment       the aligner alone: distance of aligned references from the target
    completion      all networks: that distance, and those of the painted frame

In each step one frame of each clip is the target, and some others are its references, at
random. The same class is the published network, with the defaults of its options
(gin/cpnet/paper.gin), and ours (gin/cpnet.gin): narrow, with features that are searched
before they are regressed, a flow beside the affine transform, a similarity for each place
that is sharpened by a learned temperature, pixels that are copied with features, and one
pass over a clip.

The released code departs from the paper in ways that cost quality. Each is a switch:

    Options.repeats_layers              two layers of the regressor in the place of others
    Matching.is_raw                     products of features are no cosine
    Matching.has_mixed_polarity         masks of references are 1 where they are visible
    Matching.has_soft_c_mask            seen and unseen pixels overlap in the losses
    Passes.keeps_stale_features         the second pass aligns by what the first one made
    Window.is_released                  the last frame is never copied from

Source: Lee, Oh, Won, Kim, Copy-and-Paste Networks for Deep Video Inpainting, ICCV 2019, and
the code published with it.
"""

import dataclasses
from collections.abc import Mapping

import keras
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds
from tfvideogan.losses import perceptual
from tfvideogan.models import completion, completion_windows, phase, weight_names
from tfvideogan.models.cpnet import (
    alignment,
    filling,
    networks,
    objective,
    published,
)
from tfvideogan.models.cpnet import passes as whole_clips

LEARNING_RATE = 1e-4
COUNTS = ("width", "alignment_width", "num_references")
SIZES = ("search", "refiner_width", "alignment_steps")
# Both encoders halve twice, the paster has to come out even.
SIZE_MULTIPLE = 8
# Of what the alignment encoder sees: below it nothing is left at a 32nd.
LEAST_ALIGNMENT_SIZE = 32
SEARCH_MULTIPLE = 16


@dataclasses.dataclass(frozen=True)
class Options:
    """The settings of `CPNet`; the defaults are the published ones.

    Attributes:
      width: channels of the first layers of copier and paster.
      alignment_width: of the aligner's.
      alignment_size: sides of what the aligner sees, pixels.
      antialiases: whether frames are smoothed when they are made as small as that.
      search: shifts by which the aligner compares features, see `alignment`; 0 for none.
      refiner_width: channels of the flow network behind the affine transform; 0 for none.
      sharpness: by which similarities are multiplied at first, and then as learned; None
        for 1, as published.
      num_references: of a target in training; fewer where clips are shorter.
      alignment_steps: of the first stage.
      clip_norm: largest norm of the gradients, None for any.
      repeats_layers: the published fault, see `alignment`.

    Raises:
      UserError: a number is out of its range.
    """

    width: int = 64
    alignment_width: int = 64
    alignment_size: int = 224
    antialiases: bool = False
    search: int = 0
    refiner_width: int = 0
    sharpness: float | None = None
    num_references: int = 4
    alignment_steps: int = 0
    clip_norm: float | None = None
    repeats_layers: bool = False

    def __post_init__(self) -> None:
        least = dict.fromkeys(COUNTS, 1) | dict.fromkeys(SIZES, 0)
        least["alignment_size"] = LEAST_ALIGNMENT_SIZE
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise errors.UserError(
                    f"`{name}` ({getattr(self, name)}) must be at least {bound}."
                )
        if self.search and self.alignment_size % SEARCH_MULTIPLE:
            raise errors.UserError(
                f"`alignment_size` ({self.alignment_size}) must be a multiple of "
                f"{SEARCH_MULTIPLE} with a `search` ({self.search})."
            )
        if self.sharpness is not None and self.sharpness <= 0:
            raise errors.UserError(
                f"`sharpness` ({self.sharpness}) must be positive, or None."
            )


class CPNet(completion.CompletionModel):
    """An aligner, a copier and a paster."""

    def __init__(
        self,
        options: Options = Options(),
        *,
        matching: filling.Matching | None = None,
        passes: whole_clips.Passes | None = None,
        weights: objective.LossWeights | None = None,
        optimizer: keras.optimizers.Optimizer | None = None,
        flow_completer: str | None = None,
        seed: int = 0,
        ema_decay: float = 0.0,
        name: str | None = None,
    ) -> None:
        """Stores the settings.

        Args:
          options: of networks and training.
          matching: how references are compared; the defaults of `Matching` by default.
          passes: how whole clips are filled; likewise.
          weights: of the losses; the defaults of `LossWeights` by default.
          optimizer: of both stages; Adam(1e-4) by default.
          flow_completer: see `CompletionModel`.
          seed: see `VideoModel`.
          ema_decay: see `VideoModel`; 0, as published, judges the weights themselves.
          name: see `VideoModel`.
        """
        super().__init__(
            flow_completer=flow_completer, seed=seed, ema_decay=ema_decay, name=name
        )
        self.options = options
        self.matching = matching or filling.Matching()
        self.whole = passes or whole_clips.Passes()
        self.loss_weights = weights or objective.LossWeights()
        self.adam = optimizer or keras.optimizers.Adam(LEARNING_RATE)

    @property
    def size_multiple(self) -> int:
        """Eight, as published."""
        return SIZE_MULTIPLE

    # --- Networks

    def build_networks(self, spec: clip.ClipSpec) -> None:
        """Creates the networks.

        Raises:
          UserError: the clips have no holes, or nothing but one frame.
        """
        completion.check_spec(spec)
        if spec.frames == 1:
            raise errors.UserError(
                "`frames` (1) must be 2 or more: a clip of one has nothing to copy."
            )
        options = self.options
        self.aligner = alignment.Aligner(
            width=options.alignment_width,
            size=options.alignment_size,
            antialiases=options.antialiases,
            repeats_layers=options.repeats_layers,
            search=options.search,
        )
        self.refiner = None
        if options.refiner_width:
            self.refiner = alignment.Refiner(width=options.refiner_width)
        self.copier = networks.Copier(width=options.width, sharpness=options.sharpness)
        self.paster = networks.Paster(
            spec.channels,
            width=options.width,
            is_residual=self.matching.copies_pixels,
        )
        self.filler = filling.Filler(
            self.aligner, self.copier, self.paster, self.matching, self.refiner
        )
        self.vgg = objective.features(self.loss_weights)
        # One forward pass creates every variable.
        side = [1, 2, SIZE_MULTIPLE, SIZE_MULTIPLE]
        frames, holes = tf.zeros([*side, spec.channels]), tf.zeros([*side, 1])
        self._filled(frames, holes)

    @property
    def networks(self) -> dict[str, keras.Layer]:
        """Those that align, first."""
        return self._aligning | {"copier": self.copier, "paster": self.paster}

    @property
    def _aligning(self) -> dict[str, keras.Layer]:
        found = {"aligner": self.aligner}
        return found if self.refiner is None else found | {"refiner": self.refiner}

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self.networks)

    def published_weights(self) -> weight_names.Table:
        """The names in the released state_dict, of the networks of the paper."""
        options = self.options
        is_ours = options.search or options.refiner_width or self.paster.is_residual
        if is_ours or options.sharpness is not None:
            return super().published_weights()
        return published.table(self.networks)

    # --- Losses

    def make_phases(self) -> tuple[phase.Phase, ...]:
        """Alignment, then everything."""
        options = self.options
        everything = phase.Phase(
            "completion",
            tuple(self.networks),
            self.completion_losses,
            self.adam,
            clip_norm=options.clip_norm,
            start=options.alignment_steps,
        )
        if not options.alignment_steps:
            return (everything,)
        first = phase.Phase(
            "alignment",
            tuple(self._aligning),
            self.alignment_losses,
            self.adam,
            clip_norm=options.clip_norm,
            stop=options.alignment_steps,
        )
        return (first, everything)

    def alignment_losses(
        self, batch: phase.Batch, shared: None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """Distance of aligned references from the target."""
        _, target, references = self._drawn(batch, seed)
        aligned = self.filler.align(target, references)
        loss = objective.misalignment(target, aligned)
        return {"alignment/l1": self.loss_weights.alignment * loss}, {}

    def completion_losses(
        self, batch: phase.Batch, shared: None, seed: tf.Tensor
    ) -> tuple[phase.Scalars, phase.Scalars]:
        """All distances."""
        weights = self.loss_weights
        truth, target, references = self._drawn(batch, seed)
        filled = self.filler(target, references)
        distances = {
            "alignment": objective.misalignment(target, filled.aligned),
            **objective.of_pixels(truth, target.holes, filled),
        }
        composite = tf.where(target.holes > 0, filled.painted, truth)
        if weights.variation:
            distances["variation"] = objective.variation(composite)
        if self.vgg is not None:
            real, fake = self.vgg(truth), self.vgg(composite)
            distances["perceptual"] = perceptual.content_l1(real, fake) / len(real)
            distances["style"] = perceptual.style_l1(real, fake)
        losses = {
            f"completion/{name}": getattr(weights, name) * distance
            for name, distance in distances.items()
        }
        share = tf.reduce_mean(filled.never_seen * target.holes)
        return losses, {"never_seen": share}

    def _drawn(
        self, batch: Mapping[str, tf.Tensor], seed: tf.Tensor
    ) -> tuple[tf.Tensor, filling.Target, filling.References]:
        """Draws a target and its references of each clip.

        Returns:
          The true target [N, H, W, C], the target and the references.
        """
        truth = batch["frames"]
        size, length = tf.shape(truth)[0], truth.shape[1]
        number = min(self.options.num_references, length - 1) + 1
        # All orders of a clip's frames are as likely.
        drawn = seeds.uniform([size, length], seeds.fold(seed, "frames"))
        places = tf.argsort(drawn, axis=1, stable=True)[:, :number]
        truth, holes = (
            tf.gather(batch[key], places, axis=1, batch_dims=1)
            for key in ("frames", "holes")
        )
        target, references = self._parted(truth, tf.cast(holes > 0, tf.float32))
        return truth[:, 0], target, references

    def _parted(
        self, frames: tf.Tensor, holes: tf.Tensor
    ) -> tuple[filling.Target, filling.References]:
        """Takes the first of frames [N, 1 + R, H, W, C] as the target of the others."""
        frames = self.matching.started(frames, holes)
        features = filling.features(self.aligner, frames, holes)
        target = filling.Target(frames[:, 0], holes[:, 0], features.as_target[:, 0])
        references = filling.References(
            frames[:, 1:], holes[:, 1:], features.as_reference[:, 1:]
        )
        return target, references

    def _filled(self, frames: tf.Tensor, holes: tf.Tensor) -> filling.Filled:
        return self.filler(*self._parted(frames, holes))

    # --- Inference

    @property
    def reach(self) -> completion_windows.Reach:
        """Frames are filled each by itself, from references; nothing is to be blended."""
        return completion_windows.Reach(block=8, context=8, overlap=0, references=8)

    def paint_window(self, window: completion_windows.Window) -> tf.Tensor:
        """Fills a block from all that the window shows; see `CompletionModel`."""
        references, before = window.references.hidden(), window.before.completed()
        whole = completion_windows.joined(
            references, before, window.block, window.behind
        )
        first = references.length() + before.length()
        return self.whole.complete(
            self.filler,
            whole.frames,
            whole.holes,
            targets=tf.range(first, first + window.block.length()),
        )

    def paint(self, frames: tf.Tensor, holes: tf.Tensor) -> tf.Tensor:
        """Paints clips; see `CompletionModel`."""
        return self.whole.complete(self.filler, frames, holes)
