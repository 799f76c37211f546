"""VINet: a frame is filled from others that are brought to it, and from the last output.

    frame -> reference encoder          (features at four sizes, the finest first)
    sources, previous output -> source encoder
    at 1/8, 1/4 and 1/2:  flow net, warp, composition
    composed 1/8 -> bottleneck -> ConvLSTM -> decoder (+ composed 1/4 and 1/2) -> frame
    at 1:  flow net, mask net; (1 - mask) · frame + mask · previous output, warped

`Painter` is all but the last line, which is `Carrier`.

References:
  [1] Kim et al., Deep Video Inpainting, CVPR 2019, sections 3.1 and 3.2.
"""

from collections.abc import Sequence
from typing import NamedTuple

import keras
import tensorflow as tf

from tfvideogan.layers import conv_rnn
from tfvideogan.models.vinet import composition, decoder, encoder, flow
from tfvideogan.models.vinet import options as vinet_options
from tfvideogan.ops import resizing, warp

Pyramid = Sequence[tf.Tensor]
# Levels of a pyramid at which others are composed, the coarsest first, and their names.
COMPOSED = (3, 2, 1)
NAMES = ("1", "2", "4", "8")


class Painted(NamedTuple):
    """A frame that was filled.

    Attributes:
      frame: [N, H, W, C] float32.
      state: of the LSTM, its hidden map and its cell.
      flows: for each other frame [N, H/2, W/2, 2] float32 pixels of that grid, on the
        frame, to it; the previous output is the last one.
    """

    frame: tf.Tensor
    state: tuple[tf.Tensor, ...]
    flows: Sequence[tf.Tensor]


class Painter(keras.Model):
    """Paints a frame from its own features and those of others."""

    def __init__(
        self,
        channels: int,
        options: vinet_options.Options,
        *,
        has_uniform_biases: bool = False,
        name: str = "painter",
    ) -> None:
        """Creates the networks.

        Args:
          channels: C of a frame.
          options: of their sizes.
          has_uniform_biases: see `flow.FlowNet`.
          name: of the network.
        """
        super().__init__(name=name)
        widths, halves = options.widths, options.double_size
        num_others, gain = len(options.offsets) + 1, options.gain
        self.reference_encoder, self.source_encoder = (
            encoder.Encoder(widths, halves=halves, gain=gain, name=name)
            for name in ("reference_encoder", "source_encoder")
        )
        self.flow_nets = [
            make_flow_net(options, NAMES[level], has_uniform_biases)
            for level in COMPOSED
        ]
        self.compositions = [
            composition.Composition(
                widths[level],
                num_others=num_others,
                gain=gain,
                name=f"composition_{NAMES[level]}",
            )
            for level in COMPOSED
        ]
        self.bottleneck = decoder.Bottleneck(widths[-1], gain=gain)
        self.memory = conv_rnn.ConvLSTMCell(widths[-1], name="memory")
        self.decoder = decoder.Decoder(
            widths,
            channels,
            doubles=halves,
            gain=gain,
            is_residual=options.fills_first,
        )

    def paint(
        self,
        frame: Pyramid,
        others: Sequence[Pyramid],
        state: tuple[tf.Tensor, ...],
        *,
        matched: Pyramid | None = None,
    ) -> Painted:
        """Fills a frame.

        Args:
          frame: features of `reference_encoder`.
          others: those of `source_encoder`, of each source and of the previous output.
          state: of the LSTM before it; () for none.
          matched: features of the frame that others are matched with; `frame` by default.
        """
        matched = matched or frame
        flows, composed = None, {}
        parts = zip(COMPOSED, self.flow_nets, self.compositions, strict=True)
        for level, flow_net, compose in parts:
            # All others at once, one behind the other along the batch.
            features = tf.concat([one[level] for one in others], axis=0)
            repeated = tf.tile(matched[level], [len(others), 1, 1, 1])
            flows = flow_net.flow(repeated, features, flows)
            moved = warp.backward_into_zeros(features, flows)
            composed[level], _ = compose(frame[level], tf.split(moved, len(others)))
        fine, coarse, coarsest = (composed[level] for level in reversed(COMPOSED))
        x = self.bottleneck(tf.concat([frame[-1], coarsest], axis=-1))
        hidden, state = self.memory(x, state)
        painted = self.decoder(hidden, fine, coarse)
        return Painted(painted, state, tf.split(flows, len(others)))


class Carrier(keras.Model):
    """Brings the previous output to a frame and blends it into it."""

    def __init__(
        self,
        options: vinet_options.Options,
        *,
        has_uniform_biases: bool = False,
        discards_flow: bool = False,
        name: str = "carrier",
    ) -> None:
        """Creates the networks.

        Args:
          options: of their sizes.
          has_uniform_biases: see `flow.FlowNet`.
          discards_flow: see `options.Release`.
          name: of the network.
        """
        super().__init__(name=name)
        self.doubles = options.double_size
        self.discards_flow = discards_flow and self.doubles
        self.flow_net = make_flow_net(options, NAMES[0], has_uniform_biases)
        self.mask_net = composition.MaskNet(options.widths[0] // 2, name="mask_net")

    def carry(
        self,
        painted: tf.Tensor,
        previous: tf.Tensor,
        features: tuple[tf.Tensor, tf.Tensor],
        coarser: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Blends what was painted with the previous output.

        Args:
          painted: [N, H, W, C].
          previous: [N, H, W, C], the previous output.
          features: the finest ones of the frame and of the previous output.
          coarser: flow between them at the next coarser level.

        Returns:
          The frame [N, H, W, C] float32, and the flow [N, H, W, 2] float32 pixels from it
          to the previous output.
        """
        of_frame, of_previous = features
        flow_there = resizing.larger_flow(coarser)
        moved = warp.backward(of_previous, flow_there)
        mask = tf.cast(self.mask_net(tf.abs(of_frame - moved)), tf.float32)
        if self.doubles:
            mask = tf.repeat(tf.repeat(mask, 2, axis=1), 2, axis=2)
        refined = flow_there + self.flow_net(
            self.flow_net.inputs(of_frame, moved, flow_there)
        )
        if self.discards_flow:
            flow_there = resizing.larger_flow(coarser, by=4)
        else:
            flow_there = resizing.larger_flow(refined) if self.doubles else refined
        carried = warp.backward(tf.cast(previous, tf.float32), flow_there)
        return (1.0 - mask) * painted + mask * carried, flow_there


def make_flow_net(
    options: vinet_options.Options, name: str, has_uniform_biases: bool
) -> flow.FlowNet:
    """Makes the flow net of a level."""
    return flow.FlowNet(
        widths=options.flow_widths,
        context_widths=options.context_widths,
        search_range=options.search_range,
        has_uniform_biases=has_uniform_biases,
        compares_directions=options.matches_alike,
        name=f"flow_{name}",
    )
