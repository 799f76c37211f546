"""One target and its references become a painted frame.

    target, references -> affine transforms -> aligned references
    copier             -> features of both  -> context matching -> copied features
    paster             -> a frame

References come in micro-batches, see `matching`: the result does not depend on how many
there are in each.
"""

import dataclasses
from typing import NamedTuple

import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.models.cpnet import alignment, matching, networks, stages
from tfvideogan.ops import fill


class References(NamedTuple):
    """What is copied from.

    Attributes:
      frames: [N, R, H, W, C] in [-1, 1], see `Matching.started`.
      holes: [N, R, H, W, 1], 0 or 1.
      features: [N, R, h, w, F], `alignment.Features.as_reference`.
    """

    frames: tf.Tensor
    holes: tf.Tensor
    features: tf.Tensor


class Target(NamedTuple):
    """What is filled: `References` without R; `features` are `as_target`."""

    frames: tf.Tensor
    holes: tf.Tensor
    features: tf.Tensor


class Filled(NamedTuple):
    """What became of a target.

    Attributes:
      painted: [N, H, W, C] float32, unclipped.
      never_seen: [N, H, W, 1], `c_mask`: 1 where no reference shows anything. No gradient.
      aligned: [N, R, ...].
    """

    painted: tf.Tensor
    never_seen: tf.Tensor
    aligned: alignment.Aligned


@dataclasses.dataclass(frozen=True)
class Matching:
    """How references are compared and masked.

    Attributes:
      neighbourhood: see `matching.similarity`.
      copies_pixels: whether pixels are copied as features are, and the paster adds to them.
      fills_first: whether holes start as a membrane that is held at their rim
        (`ops/fill.py`) instead of the mean colour; where nothing is copied the paster adds
        to it. Needs `copies_pixels`.
      is_raw: see `matching.similarity`, a published fault.
      has_mixed_polarity: the published fault: the mask that the encoder gets beside a
        reference is 1 where it is *visible*; beside a target where it is a hole.
      has_soft_c_mask: the published fault: `c_mask` is enlarged bilinearly, so that the
        losses of seen and unseen pixels overlap at its edges.
    """

    neighbourhood: int = 0
    copies_pixels: bool = False
    fills_first: bool = False
    is_raw: bool = False
    has_mixed_polarity: bool = False
    has_soft_c_mask: bool = False

    def __post_init__(self) -> None:
        """Checks what belongs together.

        Raises:
          UserError: there is nothing that the paster could add to.
        """
        if self.fills_first and not self.copies_pixels:
            raise errors.UserError(
                "`Matching.fills_first` needs `copies_pixels`: the paster must add to "
                "pixels; set both, or neither."
            )

    def started(self, frames: tf.Tensor, holes: tf.Tensor) -> tf.Tensor:
        """Returns frames [N, T, H, W, C] with what stands in their holes at first."""
        if self.fills_first:
            return fill.membrane_of_clips(frames, holes)
        return tf.where(holes > 0, stages.mean(frames.shape[-1]), frames)


class Filler:
    """The networks, in their order."""

    def __init__(
        self,
        aligner: alignment.Aligner,
        copier: networks.Copier,
        paster: networks.Paster,
        options: Matching,
        refiner: alignment.Refiner | None = None,
    ) -> None:
        """Stores networks, which are the model's, and settings."""
        self.aligner, self.copier, self.paster = aligner, copier, paster
        self.refiner = refiner
        self.options = options

    def align(self, target: Target, references: References) -> alignment.Aligned:
        """Brings references to a target; all parts are [N, R, ...]."""
        number = tf.shape(references.frames)[1]
        repeated = Target(*(_repeated(one, number) for one in target))
        flat = References(*map(_folded, references))
        made = alignment.aligned(
            self.aligner(repeated.features, flat.features),
            (repeated.frames, repeated.holes),
            (flat.frames, flat.holes),
            self.refiner,
        )
        return alignment.Aligned(*(_unfolded(one, number) for one in made))

    def __call__(self, target: Target, references: References) -> Filled:
        """Fills a target from references that are all there at once."""
        filling = Filling(self, target)
        running, aligned = filling.add(filling.start(), references)
        return Filled(*filling.finish(running), aligned)


class Filling:
    """The work on one target."""

    def __init__(self, filler: Filler, target: Target) -> None:
        """Encodes the target."""
        self.filler, self.target = filler, target
        self.features = filler.copier(target.frames, target.holes)
        self.visible = matching.at_quarter(1.0 - target.holes)

    def start(self) -> matching.Running:
        """Returns the state before any reference."""
        like = self.features
        if self.filler.options.copies_pixels:
            frames, holes = self.target.frames, self.target.holes
            like = matching.with_pixels(like, frames, holes)
        return matching.start(like)

    def add(
        self, running: matching.Running, references: References
    ) -> tuple[matching.Running, alignment.Aligned]:
        """Copies from a micro-batch of references."""
        options, copier = self.filler.options, self.filler.copier
        aligned = self.filler.align(self.target, references)
        flat_frames, flat_visible = map(_folded, aligned[:2])
        masks = flat_visible if options.has_mixed_polarity else 1.0 - flat_visible
        number = tf.shape(aligned.frames)[1]
        flat_features = copier(flat_frames, masks)
        features = copied = _unfolded(flat_features, number)
        if options.copies_pixels:
            normalised = stages.normalised(flat_frames)
            flat = matching.with_pixels(flat_features, normalised, flat_visible)
            copied = _unfolded(flat, number)
        visible = _unfolded(matching.at_quarter(flat_visible), number)
        scores = matching.similarity(
            self.features,
            features,
            self.visible[:, tf.newaxis] * visible,
            is_raw=options.is_raw,
            neighbourhood=options.neighbourhood,
        )
        running = matching.add(running, copier.sharpened(scores), visible, copied)
        return running, aligned

    def finish(self, running: matching.Running) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the painted frame and `c_mask`, see `Filled`."""
        copied, never_seen = matching.finish(running)
        pixels = None
        if self.filler.options.copies_pixels:
            copied, pixels, is_seen = matching.without_pixels(
                copied, self.features.shape[-1]
            )
            if self.filler.options.fills_first:
                pixels = tf.where(
                    is_seen, pixels, stages.normalised(self.target.frames)
                )
        painted = self.filler.paster(self.features, copied, never_seen)
        if pixels is not None:
            # The mean colour is there already.
            painted += stages.denormalised(pixels) - stages.mean(pixels.shape[-1])
        is_soft = self.filler.options.has_soft_c_mask
        enlarged = tf.image.resize(
            never_seen,
            tf.shape(self.target.frames)[1:3],
            "bilinear" if is_soft else "nearest",
        )
        return painted, tf.stop_gradient(enlarged)


def features(
    aligner: alignment.Aligner, frames: tf.Tensor, holes: tf.Tensor
) -> alignment.Features:
    """Encodes all frames of clips [N, T, H, W, C] at once, for alignment."""
    made = aligner.encode(_folded(frames), _folded(holes))
    number = tf.shape(frames)[1]
    return alignment.Features(*(_unfolded(one, number) for one in made))


def _folded(x: tf.Tensor) -> tf.Tensor:
    """Folds R into the batch: [N, R, ...] -> [N·R, ...]."""
    shape = tf.concat([[-1], tf.shape(x)[2:]], axis=0)
    return tf.ensure_shape(tf.reshape(x, shape), [None, *x.shape[2:]])


def _unfolded(x: tf.Tensor, number: tf.Tensor) -> tf.Tensor:
    """Undoes `_folded`."""
    shape = tf.concat([[-1, number], tf.shape(x)[1:]], axis=0)
    return tf.ensure_shape(tf.reshape(x, shape), [None, None, *x.shape[1:]])


def _repeated(x: tf.Tensor, number: tf.Tensor) -> tf.Tensor:
    """Repeats each example, as `_folded` has them."""
    return tf.repeat(x, number, axis=0)
