"""The passes of OPN: a hole is painted from its rim inwards, a peel in each.

    depth of each pixel in the hole -> peel: what lies at most `peel_width` deep
    frame, what was known, what is missing -> encoder -> key and value of each place
    places of the peel ask the memory; what they read is added to their values
    values -> decoder -> the peel is painted, the rest is thrown away

ceil(greatest depth / peel width) passes; each encodes the target anew.

Source: Oh et al., Onion-Peel Networks for Deep Video Completion, ICCV 2019, section 3.
"""

import contextlib
from collections.abc import Iterator
from typing import NamedTuple

import tensorflow as tf

from tfvideogan.models.opn import matching, networks
from tfvideogan.models.opn import memory as memory_lib
from tfvideogan.ops import attention, boxes, distance, fill
from tfvideogan.pretrained import image_network

# Pixels around a hole that a painted one is computed from, in places: what the encoder
# sees (2 + 2 + 2 pixels, then 1 + 2 + 4 + 8 places), and the decoder and the value.
ENCODER_REACH = 2 + 1 + sum(networks.DILATIONS)
VALUE_REACH = networks.DECODER_REACH + 1
# As published, a place asks if at least half of it is to be painted.
ASKING_SHARE = 0.5


class Pass(NamedTuple):
    """What a pass saw and made.

    Attributes:
      predicted: [N, H, W, 3] all that was painted, in [-1, 1] but not clipped.
      peel: [N, H, W, 1] bool, what of it is kept.
      frames: [N, H, W, 3] behind the pass.
      copied: [N, H, W, 3] in [-1, 1], what every place read; None if no pixels are read.
    """

    predicted: tf.Tensor
    peel: tf.Tensor
    frames: tf.Tensor
    copied: tf.Tensor | None = None


class Places(NamedTuple):
    """The places of targets before they read.

    Attributes:
      features: [N, h, w, 2 width], see `networks.Encoder.features`.
      base: [N, h, w, 48], the frame as it is, see `networks.Read`.
      asking: [N, h, w, 1] bool, which of them ask.
      positions: [1, h, w, 2], see `matching.positions`.
    """

    features: tf.Tensor
    base: tf.Tensor
    asking: tf.Tensor
    positions: tf.Tensor


class Painter:
    """Encoder, decoder, and how they are used."""

    def __init__(
        self,
        encoder: networks.Encoder,
        decoder: networks.Decoder,
        *,
        has_sampled_maps: bool = False,
        chunk: int | None = None,
    ) -> None:
        """Stores them.

        Args:
          encoder: of targets and of the memory.
          decoder: of targets.
          has_sampled_maps: see `memory.touched`; the places that ask are then those
            half of whose middle is to be painted, and all that a peel touches otherwise.
          chunk: places of a memory that are looked at together when a clip is completed.
        """
        self.encoder, self.decoder = encoder, decoder
        self.reads_pixels = encoder.matcher is not None
        self.has_sampled_maps = has_sampled_maps
        self.chunk = chunk
        self._is_sparse = True

    @contextlib.contextmanager
    def on_whole_frames(self) -> Iterator[None]:
        """Traces graphs, meanwhile, in which no size depends on where holes are.

        Nothing is cropped and every place reads; the answers are the same.
        """
        self._is_sparse = False
        try:
            yield
        finally:
            self._is_sparse = True

    def remember(self, frames: tf.Tensor, holes: tf.Tensor) -> memory_lib.Memory:
        """Encodes frames; see `memory.remember`."""
        return memory_lib.remember(
            self.encoder, frames, holes, has_sampled_maps=self.has_sampled_maps
        )

    def asking(self, peel: tf.Tensor) -> tf.Tensor:
        """Returns the places that ask the memory, [N, H/4, W/4, 1] bool."""
        peel = tf.cast(peel, tf.float32)
        if self.has_sampled_maps:
            return memory_lib.means(peel, has_sampled_maps=True) >= ASKING_SHARE
        return memory_lib.touched(peel)

    def train(
        self,
        frames: tf.Tensor,
        holes: tf.Tensor,
        memory: memory_lib.Memory,
        *,
        widths: tf.Tensor,
        passes: int,
    ) -> list[Pass]:
        """Paints targets in a fixed number of passes, through which gradients flow.

        Args:
          frames: [N, H, W, 3] in [-1, 1], the mean colour in the holes.
          holes: [N, H, W, 1], exactly 0 or 1.
          memory: of N clips.
          widths: [N] pixels, the width of a peel.
          passes: how many; what lies deeper than all peels stays a hole.
        """
        visible, depths = 1.0 - holes, distance.inside(holes)
        widths = tf.reshape(widths, [-1, 1, 1, 1])
        made = []
        for _ in range(passes):
            is_hole = depths > 0
            peel = is_hole & (depths <= widths)
            predicted, copied = self._predicted(
                frames, visible, tf.cast(is_hole, tf.float32), peel, memory
            )
            frames = tf.where(peel, predicted, frames)
            depths = tf.maximum(depths - widths, 0.0)
            made.append(Pass(predicted, peel, frames, copied))
        return made

    def complete(
        self,
        frame: tf.Tensor,
        hole: tf.Tensor,
        memory: memory_lib.Memory,
        *,
        width: tf.Tensor,
    ) -> tf.Tensor:
        """Paints a target until nothing is missing.

        Args:
          frame: [1, H, W, 3] in [-1, 1], the mean colour in the hole.
          hole: [1, H, W, 1].
          memory: of one clip.
          width: of a peel, pixels.

        Returns:
          [1, H, W, 3] in [-1, 1].
        """
        visible = 1.0 - hole

        def painted(depths: tf.Tensor, frame: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            is_hole = depths > 0
            peel = is_hole & (depths <= width)
            predict = self._predict_around if self._is_sparse else self.predict
            predicted = predict(
                frame, visible, tf.cast(is_hole, tf.float32), peel, memory
            )
            predicted = tf.clip_by_value(predicted, -1.0, 1.0)
            return tf.maximum(depths - width, 0.0), tf.where(peel, predicted, frame)

        _, frame = tf.while_loop(
            lambda depths, _: tf.reduce_any(depths > 0),
            painted,
            (distance.inside(hole), frame),
            shape_invariants=(hole.shape, frame.shape),
            parallel_iterations=1,
        )
        return frame

    def predict(
        self,
        frames: tf.Tensor,
        visible: tf.Tensor,
        holes: tf.Tensor,
        peel: tf.Tensor,
        memory: memory_lib.Memory,
    ) -> tf.Tensor:
        """Runs the networks once on whole targets.

        Args:
          frames: [N, H, W, 3] in [-1, 1], the mean colour in the holes.
          visible: [N, H, W, 1], 1 where known before the first pass.
          holes: [N, H, W, 1], 1 where missing now.
          peel: [N, H, W, 1] bool, what is to be painted.
          memory: of N clips.

        Returns:
          [N, H, W, 3], in [-1, 1] but not clipped.
        """
        return self._predicted(frames, visible, holes, peel, memory)[0]

    def _predicted(
        self,
        frames: tf.Tensor,
        visible: tf.Tensor,
        holes: tf.Tensor,
        peel: tf.Tensor,
        memory: memory_lib.Memory,
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Returns what `predict` does, and what every place read, see `Pass`."""
        seen = networks.normalised(frames)
        features = self.encoder.features(seen, visible, holes)
        positions = matching.positions(features)
        places = Places(features, networks.patched(seen), self.asking(peel), positions)
        # What every place reads teaches attention.
        reads_all = self.reads_pixels or not self._is_sparse
        values, read, patches = self._with_read(places, memory, reads_all=reads_all)
        made = self._painted(frames, self.decoder(values, read))
        if read is None:
            return made, None
        # Beside places that do not ask, too.
        copied = networks.blended(patches, tf.ones_like(places.base[..., :1]))
        return made, networks.restored(networks.unpatched(copied))

    def _predict_around(
        self,
        frames: tf.Tensor,
        visible: tf.Tensor,
        holes: tf.Tensor,
        peel: tf.Tensor,
        memory: memory_lib.Memory,
    ) -> tf.Tensor:
        """As `predict` within the peel, and computed around it only."""
        size = networks.STRIDE
        touched = memory_lib.touched(tf.cast(peel, tf.float32))
        first = boxes.around(touched, margin=ENCODER_REACH + VALUE_REACH)
        seen = [
            boxes.cut(one, first, scale=size)
            for one in (networks.normalised(frames), visible, holes)
        ]
        asking, touched_there, positions = (
            boxes.cut(one, first)
            for one in (self.asking(peel), touched, matching.positions(touched))
        )
        base = networks.patched(seen[0])
        places = Places(self.encoder.features(*seen), base, asking, positions)
        second = boxes.around(touched_there, margin=VALUE_REACH)
        places = Places(*(boxes.cut(one, second) for one in places))
        touched_there = boxes.cut(touched_there, second)
        values, read, _ = self._with_read(places, memory, chunk=self.chunk)
        decoded = self.decoder.head(values, read)
        third = boxes.around(touched_there, margin=networks.TAIL_REACH)
        if read is not None:
            read = networks.Read(*(boxes.cut(one, third) for one in read))
        made = self.decoder.tail(boxes.cut(decoded, third), read)
        found = boxes.within(first, second, third)
        made = boxes.put_back(made, found, like=frames, scale=size)
        return self._painted(frames, made)

    def _painted(self, frames: tf.Tensor, decoded: tf.Tensor) -> tf.Tensor:
        """Returns frames in [-1, 1], not clipped, of what the decoder makes."""
        if self.decoder.is_residual:
            return frames + image_network.DEVIATION * tf.cast(decoded, tf.float32)
        return networks.restored(decoded)

    def _with_read(
        self,
        places: Places,
        memory: memory_lib.Memory,
        *,
        reads_all: bool = False,
        chunk: int | None = None,
    ) -> tuple[tf.Tensor, networks.Read | None, tf.Tensor | None]:
        """Values [N, h, w, C] with those that were read added where places ask.

        Beside them the pixels that were read, if the encoder remembers some, and those of
        each place by itself.

        Args:
          places: of the targets.
          memory: of N clips.
          reads_all: whether places read that do not ask, too.
          chunk: see `attention.read`.
        """
        values = self.encoder.value(places.features)
        queries = self.encoder.queries(places.features, places.positions)
        asks = tf.cast(places.asking, values.dtype)
        if reads_all:
            read = _read_by_all(queries, memory, chunk=chunk)
        else:
            read = _read_by_some(queries, asks, memory, chunk=chunk)
        read = tf.cast(read, values.dtype)
        size = values.shape[-1]
        added = values + asks * read[..., :size]
        if not self.reads_pixels:
            return added, None, None
        base, patches = tf.cast(places.base, values.dtype), read[..., size:]
        copied = networks.blended(patches, asks)
        return added, networks.Read(copied, base, asks), patches


def _read_by_all(
    queries: tf.Tensor, memory: memory_lib.Memory, *, chunk: int | None
) -> tf.Tensor:
    """What every place reads, [N, h, w, C]."""
    flat = tf.reshape(queries, [tf.shape(queries)[0], -1, queries.shape[-1]])
    return _unfolded(attention.read(flat, *memory, chunk=chunk), queries)


def _read_by_some(
    queries: tf.Tensor,
    asks: tf.Tensor,
    memory: memory_lib.Memory,
    *,
    chunk: int | None,
) -> tf.Tensor:
    """What those places read that ask, and 0 for the others, [N, h, w, C]."""
    number = tf.shape(queries)[0]
    flat, flat_asking = (
        tf.reshape(one, [number, -1, one.shape[-1]]) for one in (queries, asks)
    )
    # Those that ask, of each target, and others where it has fewer than another.
    most = tf.reduce_max(tf.reduce_sum(tf.cast(flat_asking, tf.int32), axis=1))
    asks, places = tf.math.top_k(flat_asking[..., 0], most)  # [N, Q]
    asking = tf.gather(flat, places, batch_dims=1)
    read = attention.read(asking, *memory, chunk=chunk)
    read *= tf.cast(asks, tf.float32)[..., tf.newaxis]
    batch = tf.broadcast_to(tf.range(number)[:, tf.newaxis], tf.shape(places))
    indices = tf.stack([batch, places], axis=-1)  # [N, Q, 2]
    shape = tf.concat([tf.shape(flat)[:2], [read.shape[-1]]], axis=0)
    return _unfolded(tf.scatter_nd(indices, read, shape), queries)


def _unfolded(flat: tf.Tensor, like: tf.Tensor) -> tf.Tensor:
    """Returns [N, h·w, C] as [N, h, w, C]."""
    shape = tf.concat([tf.shape(like)[:3], [flat.shape[-1]]], axis=0)
    return tf.ensure_shape(tf.reshape(flat, shape), [*like.shape[:3], flat.shape[-1]])


def hidden(
    frames: tf.Tensor, holes: tf.Tensor, *, fills_first: bool = False
) -> tf.Tensor:
    """Puts ImageNet's mean colour into the holes of [N, T, H, W, 3] in [-1, 1].

    Args:
      frames: anything in the holes.
      holes: [N, T, H, W, 1].
      fills_first: a membrane that is held at the rim of each hole instead; where a frame
        is nothing but a hole, 0.
    """
    if fills_first:
        return fill.membrane_of_clips(frames, holes)
    return tf.where(holes > 0, tf.constant(image_network.MEAN, frames.dtype), frames)
