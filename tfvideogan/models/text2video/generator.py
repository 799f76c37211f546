"""The 3-D U-Net with a network-in-network: the next frame from a history and a caption.

    frame = generator(history, caption)    # History of d frames, [N, D] -> [N, H, W, C]

For 64x64 with d = 4, C channels, width b, u units and q channels in the narrow part:

    stage      operation                                       time x size    channels
    volume     frames ‖ validity, 2x2 pixels to channels       4 x 32x32      4C + 1
    E1         conv 1x3x3                                      4 x 32x32      b
    E2         conv 2x4x4 / 2                                  2 x 16x16      2b
    E3         conv 2x4x4 / 2                                  1 x 8x8        4b
    places     contrast of E2, conv 1x1, spatial softmax       2 x q places   2
    collapse   conv Tx1x1                                      8x8            4b
    NiN        conv 1x1                                        8x8            q
               flatten ‖ places, dense, dense                  -              u
               dense, reshape, conv 1x1, + collapse            8x8            4b
    D2         x2 conv, ‖ skip of E2, conv 3x3, conv 3x3       16x16          2b
    D1         x2 conv, ‖ skip of E1, conv 3x3, conv 3x3       32x32          b
    flow       conv 3x3, channels to 2x2 pixels, tanh          64x64          2
    copy       last frame warped by the flow                   64x64          C
    look       D1 ‖ 2x2 pixels of the copy, conv 3x3           32x32          b
    paint      conv 3x3, channels to 2x2 pixels                64x64          C

    frame = copy + paint

Paint repairs the copy, which it sees. It has no activation and shares with no mask: where
most of a picture is black, tanh saturates and a mask closes before there is anything to
paint (both were tried). What is fed back is clipped (`history.shifted`).

A leaky rectifier behind every layer; in the decoder, from the network-in-network on, the
caption scales and shifts each channel before it (FiLM). A skip is the newest time slice
beside a 1x1 convolution of the mean over time: it hands on what things look like, while
the motion passes the network-in-network, which alone sees the whole picture and where in
it things are.

Convolutions over time and space have a kernel of two frames and a stride of two, so that
pairs of frames as channels of a 2-D convolution are the same and quicker on a CPU; an odd
number of frames is first made even by repeating the oldest.

`output_mode` "residual" copies without a flow, "direct" paints everything on nothing, and
"anchored" follows motions back to the anchor, the newest frame that was given
(`history.py`), so that what is copied is resampled once and not in every frame. All of the
frame moves alike, as the dense layers' u units say (`motion.py`):

    flow       of a turn and a shift                           64x64          2
    share      conv 3x3, channels to 2x2 pixels, sigmoid       64x64          1
    copy       the share of the anchor warped by all motions since, the rest of the last
               frame warped by the flow

References:
  [1] Casser, Fosco, Lee, Motwani, Guided Video Generation Using FCNs in an Adversarial
      Setup, 2018: U-Net with a network-in-network that takes the caption. Where we differ:
      history is an axis of time instead of channels, FiLM, and the copy.
  [2] Çiçek et al., 3D U-Net, MICCAI 2016.
  [3] Perez et al., FiLM, AAAI 2018.
"""

from collections.abc import Sequence

import keras
import tensorflow as tf

from tfvideogan.core import clip
from tfvideogan.layers import convolution, film
from tfvideogan.models.text2video import history as histories
from tfvideogan.models.text2video import motion
from tfvideogan.ops import affine, warp

# What each makes.
OUTPUT_MODES = {
    "warp": ("frame", "copy", "flow"),
    "residual": ("frame", "copy"),
    "direct": ("frame",),
    "anchored": ("frame", "copy", "flow", "to_anchor", "share"),
}
# Sides divide by what the encoder halves: pixels to channels, E2, E3.
SIDE_STEP = 8
# Longest flow, as a share of the longer side: 19 pixels of 64.
REACH = 0.3
BLOCK = 2
FLOW_CHANNELS = 2
# A fresh network copies nearly without a flow, and hardly paints.
FIRST_DEVIATION = 1e-2
HE = "he_normal"
LEAKY_SLOPE = 0.2
KEEP = {"padding": 1, "use_bias": False, "kernel_initializer": HE}


class Generator(keras.Model):
    """The next frame; see the module."""

    def __init__(
        self,
        spec: clip.ClipSpec,
        *,
        depth: int,
        width: int,
        units: int,
        narrow: int,
        output_mode: str = "warp",
        name: str = "generator",
    ) -> None:
        """Creates the layers.

        Args:
          spec: of a clip; its sides divide by `SIDE_STEP`.
          depth: d, frames of a history.
          width: b, channels at half of the sides.
          units: u, of the network-in-network.
          narrow: q, channels of the maps that it sees and makes.
          output_mode: one of `OUTPUT_MODES`.
          name: of the network.
        """
        # Frames that are warped stay float32.
        super().__init__(name=name, autocast=False)
        self.depth = depth
        self.outputs = OUTPUT_MODES[output_mode]
        self.side = max(spec.height, spec.width)
        self.reach = REACH * self.side
        self.first = Encode(width, 1)
        self.second = Encode(2 * width, 2)
        self.third = Encode(4 * width, 2)
        self.places = motion.Places(narrow)
        self.collapse = keras.layers.Dense(4 * width)
        self.inner = NetworkInNetwork(units=units, narrow=narrow)
        self.up_second = Decode(2 * width)
        self.up_first = Decode(width)
        options = {
            "padding": 1,
            "kernel_initializer": keras.initializers.RandomNormal(
                stddev=FIRST_DEVIATION
            ),
        }
        if "to_anchor" in self.outputs:
            self.to_motion = motion.RigidMotion(reach=self.reach, side=self.side)
        elif "flow" in self.outputs:
            channels = BLOCK**2 * FLOW_CHANNELS
            self.to_flow = convolution.Conv2D(channels, 3, **options)
        if "share" in self.outputs:
            self.to_share = convolution.Conv2D(BLOCK**2, 3, **options)
        if "copy" in self.outputs:
            self.look = Modulated(width)
        self.to_paint = convolution.Conv2D(BLOCK**2 * spec.channels, 3, **options)

    def call(
        self, history: histories.History, caption: tf.Tensor, training: bool = False
    ) -> dict[str, tf.Tensor]:
        """Generates the frame that follows on a history.

        Args:
          history: of d frames [N, H, W, C] float32 in [-1, 1].
          caption: [N, D] float32.
          training: changes nothing here.

        Returns:
          `frame` [N, H, W, C] float32, not clipped to the [-1, 1] of its target; where it
          copies, `copy` alike; with a flow, `flow` [N, H, W, 2] pixels, from the frame to
          the last one; and with an anchor `to_anchor` [N, 2, 3], the motion from the frame
          to the anchor (`ops/affine.py`), and its `share` [N, H, W, 1] in [0, 1].
        """
        caption, valid = (
            tf.cast(one, self.compute_dtype) for one in (caption, history.valid)
        )
        first = self.first(_volume(history.frames, valid))  # T of [N, H/2, W/2, b]
        second = self.second(first)  # T/2 of [N, H/4, W/4, 2b]
        third = self.third(second)  # T/4 of [N, H/8, W/8, 4b]
        x = self.collapse(tf.concat(third, axis=-1))  # [N, H/8, W/8, 4b]
        x, state = self.inner(x, self.places(second), caption)
        x = self.up_second(x, second, caption)  # [N, H/4, W/4, 2b]
        x = self.up_first(x, first, caption)  # [N, H/2, W/2, b]
        if "to_anchor" in self.outputs:
            moved = self.to_motion(first[-1], state)  # [N, 2, 3]
            made = self._copied_from_anchor(x, moved, history)
        else:
            made = self._copied(x, history.frames[-1])
        return made | self._painted(x, made.get("copy"), caption)

    def _copied(self, x: tf.Tensor, last: tf.Tensor) -> dict[str, tf.Tensor]:
        """Copies from the last frame; the first table, from `flow` to `copy`."""
        if "copy" not in self.outputs:
            return {}
        if "flow" not in self.outputs:
            return {"copy": last}
        flow = tf.nn.depth_to_space(self.to_flow(x), BLOCK)  # [N, H, W, 2]
        flow = self.reach * tf.tanh(tf.cast(flow, tf.float32))
        return {"flow": flow, "copy": warp.backward(last, flow)}

    def _copied_from_anchor(
        self, x: tf.Tensor, moved: tf.Tensor, history: histories.History
    ) -> dict[str, tf.Tensor]:
        """Copies along a motion [N, 2, 3] and those before it; the second table."""
        last, anchor = history.frames[-1], history.anchor
        size = last.shape[1:3]
        flow = affine.to_flow(moved, *size)  # [N, H, W, 2]
        copy = warp.backward(last, flow)
        share = tf.nn.depth_to_space(self.to_share(x), BLOCK)  # [N, H, W, 1]
        share = tf.sigmoid(tf.cast(share, tf.float32))
        to_anchor = affine.compose(moved, anchor.motion, side=self.side)
        kept = warp.backward(anchor.frame, affine.to_flow(to_anchor, *size))
        copy += share * (kept - copy)
        return {"flow": flow, "copy": copy, "to_anchor": to_anchor, "share": share}

    def _painted(
        self, x: tf.Tensor, copy: tf.Tensor | None, caption: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Paints; the end of the table."""
        if copy is not None:
            # Paint goes by the copy, but does not teach the flow.
            seen = tf.stop_gradient(tf.cast(copy, x.dtype))
            seen = tf.nn.space_to_depth(seen, BLOCK)
            x = self.look(tf.concat([x, seen], axis=-1), caption)
        paint = tf.nn.depth_to_space(self.to_paint(x), BLOCK)  # [N, H, W, C]
        paint = tf.cast(paint, tf.float32)
        return {"frame": paint if copy is None else copy + paint}


class NetworkInNetwork(keras.layers.Layer):
    """Sees a whole map, places and the caption through dense layers, adds to the map."""

    def __init__(self, *, units: int, narrow: int) -> None:
        """Creates the layers; see `Generator`."""
        super().__init__()
        self.narrow = narrow
        self.squeeze = keras.layers.Dense(narrow)
        self.hidden = [
            keras.layers.Dense(units, kernel_initializer=HE) for _ in range(2)
        ]
        # The same place wants another motion under another caption: a product.
        self.films = [film.FiLM() for _ in self.hidden]

    def build(
        self,
        maps_shape: tuple[int | None, ...],
        places_shape: tuple[int | None, ...],
        caption_shape: tuple[int | None, ...],
    ) -> None:
        _, height, width, channels = maps_shape
        self.to_maps = keras.layers.Dense(height * width * self.narrow)
        self.expand = keras.layers.Dense(channels)
        self.film = film.FiLM()

    def call(
        self, maps: tf.Tensor, places: tf.Tensor, caption: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Takes and returns maps [N, h, w, C]; also returns what it knows, [N, u].

        Args:
          maps: [N, h, w, C].
          places: [N, P], of features.
          caption: [N, D].
        """
        _, height, width, _ = maps.shape
        x = _leaky(self.squeeze(maps))  # [N, h, w, q]
        x = tf.reshape(x, [-1, height * width * self.narrow])
        x = tf.concat([x, tf.cast(places, x.dtype)], axis=-1)
        for layer, modulate in zip(self.hidden, self.films, strict=True):
            x = _leaky(modulate(layer(x), caption))
        state = x  # [N, u]
        x = tf.reshape(self.to_maps(x), [-1, height, width, self.narrow])
        return _leaky(self.film(maps + self.expand(x), caption)), state


class Encode(keras.layers.Layer):
    """Conv 1x3x3, or 2x4x4 with a stride of 2, and a leaky rectifier."""

    def __init__(self, filters: int, stride: int) -> None:
        """Creates the convolution.

        Args:
          filters: channels of the output.
          stride: of time and space: 1, which convolves each frame, or 2.
        """
        super().__init__()
        self.stride = stride
        kernel = 3 if stride == 1 else 4
        self.convolve = convolution.Conv2D(
            filters, kernel, stride=stride, padding=1, kernel_initializer=HE
        )

    def call(self, clips: Sequence[tf.Tensor]) -> list[tf.Tensor]:
        """Takes T of [N, H, W, C]; returns T or T/2 of [N, h, w, F]."""
        if self.stride == BLOCK:
            odd = len(clips) % 2
            clips = [*clips[:1] * odd, *clips]
            pairs = zip(clips[::2], clips[1::2], strict=True)
            clips = [tf.concat(pair, axis=-1) for pair in pairs]
        # All frames behind each other: slices along the first axis are quick.
        made = _leaky(self.convolve(tf.concat(clips, axis=0)))
        return tf.split(made, len(clips), axis=0)


class Decode(keras.layers.Layer):
    """x2 conv 3x3, joined by a skip; two convolutions 3x3 under the caption."""

    def __init__(self, filters: int) -> None:
        """Creates the layers for so many channels."""
        super().__init__()
        # Repeated pixels under a 3x3 kernel are a transposed convolution 4 / 2.
        self.up = convolution.Conv2DTranspose(filters, 4, stride=2, **KEEP)
        self.skip = keras.layers.Dense(filters)
        self.blocks = [Modulated(filters) for _ in range(2)]

    def call(
        self, x: tf.Tensor, clips: Sequence[tf.Tensor], caption: tf.Tensor
    ) -> tf.Tensor:
        """Takes [N, h, w, C], T of [N, 2h, 2w, D] and captions; [N, 2h, 2w, F]."""
        mean = tf.add_n(clips) / len(clips)
        x = tf.concat([self.up(x), clips[-1], self.skip(mean)], axis=-1)
        for block in self.blocks:
            x = block(x, caption)
        return x


class Modulated(keras.layers.Layer):
    """Conv 3x3, FiLM, leaky rectifier."""

    def __init__(self, filters: int) -> None:
        """Creates the layers for so many channels."""
        super().__init__()
        self.convolve = convolution.Conv2D(filters, 3, **KEEP)
        self.film = film.FiLM()

    def call(self, x: tf.Tensor, caption: tf.Tensor) -> tf.Tensor:
        """Takes [N, h, w, C] and captions [N, D]; returns [N, h, w, F]."""
        return _leaky(self.film(self.convolve(x), caption))


def _volume(frames: Sequence[tf.Tensor], valid: tf.Tensor) -> list[tf.Tensor]:
    """Joins 2x2 pixels of each frame [N, H, W, C] and its validity, [N, d] of all."""
    made = []
    for frame, flag in zip(frames, tf.unstack(valid, axis=1), strict=True):
        pixels = tf.nn.space_to_depth(tf.cast(frame, valid.dtype), BLOCK)
        ones = tf.ones_like(pixels[..., :1]) * flag[:, None, None, None]
        made.append(tf.concat([pixels, ones], axis=-1))
    return made


def _leaky(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.leaky_relu(x, LEAKY_SLOPE)
