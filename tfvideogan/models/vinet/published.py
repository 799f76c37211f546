"""The names of the original's weights: the state_dict of VINet's released code.

Its kernels of one frame, (1, 3, 3), are planar here, and those over all S frames,
(S, 3, 3), have the frames side by side. The released file holds more than weights. Where
you trust it, this line keeps them:

    torch.save(torch.load(FILE, "cpu", weights_only=False)["state_dict"], "vinet.pth")

Then, for the file of 512x512:

    import_weights --gin_file=gin/vinet/paper.gin --weights=vinet.pth \
        --gin_param='vinet_options.Options.double_size = True' \
        --gin_param='vinet_options.Options.previous_holes = 0.5'

It was made for frames in the order blue, green, red.
"""

from collections.abc import Iterator, Mapping

import keras
import numpy as np

from tfvideogan.layers import gated
from tfvideogan.models import weight_names
from tfvideogan.models.vinet import composition, encoder, flow, painter

# The original's name of each level, the finest first: sides of features at 256x256.
LEVELS = ("_256", "_128", "_64", "")
ENCODER = (("ec0",), ("ec1", "ec2"), ("ec3_1", "ec3_2"), ("ec4_1", "ec4", "ec5"))
UP = ("dc1_1", "dc2_2", "dc4")
COARSE = ("dc2_1", "dc2_bt1", "dc2_bt2", "dc2_bt3")


def table(networks: Mapping[str, keras.Layer]) -> weight_names.Table:
    """Returns all names, of the networks of `VINet`."""
    return weight_names.Table(
        {
            "painter": list(_of_painter(networks["painter"])),
            "carrier": list(_of_carrier(networks["carrier"])),
        }
    )


def _of_painter(network: painter.Painter) -> Iterator[weight_names.Weight]:
    yield from _of_encoder(network.reference_encoder, "encoder1")
    yield from _of_encoder(network.source_encoder, "encoder2")
    parts = zip(painter.COMPOSED, network.flow_nets, network.compositions, strict=True)
    for level, flow_net, composed in parts:
        yield from _of_flow_net(flow_net, f"flownet{LEVELS[level]}")
        kernel = composed.aggregate.kernel
        name = f"st_agg{LEVELS[level]}.stAgg.conv.weight"
        yield weight_names.Weight(kernel, (name,), _frames_beside)
        yield from _of_mask_net(composed.mask_net, f"masknet{LEVELS[level]}")
    for place, layer in enumerate(network.bottleneck.blocks):
        yield _of_gated(layer, f"bottleneck.bt{place}")
    yield from weight_names.of_layer(network.memory.gates, "convlstm.Gates")
    made = network.decoder
    for place, layer in enumerate(made.start):
        yield _of_flat(layer, f"decoder.dc{place}.conv")
    for name, layer in zip(UP, made.up, strict=True):
        yield _of_flat(layer, f"decoder.{name}.conv.1")
    for name, layer in zip(COARSE, made.coarse, strict=True):
        yield _of_flat(layer, f"decoder.{name}.conv")
    for place, layer in enumerate(made.fine, 1):
        yield _of_flat(layer, f"decoder.dc3_{place}.conv")
    yield _of_flat(made.last, "decoder.dc5.conv")
    yield _of_flat(made.to_frame, "decoder.dc6")


def _of_carrier(network: painter.Carrier) -> Iterator[weight_names.Weight]:
    yield from _of_flow_net(network.flow_net, f"flownet{LEVELS[0]}")
    yield from _of_mask_net(network.mask_net, f"masknet{LEVELS[0]}")


def _of_encoder(network: encoder.Encoder, prefix: str) -> Iterator[weight_names.Weight]:
    for names, layers in zip(ENCODER, network.levels, strict=True):
        for name, layer in zip(names, layers, strict=True):
            yield _of_gated(layer, f"{prefix}.{name}")


def _of_flow_net(network: flow.FlowNet, prefix: str) -> Iterator[weight_names.Weight]:
    name = f"{prefix}.flow_estimator"
    for place, layer in enumerate(network.estimator):
        yield from weight_names.of_layer(layer, f"{name}.convs.{place}.0")
    yield from weight_names.of_layer(network.to_flow, f"{name}.conv1")
    for place, layer in enumerate(network.context):
        yield from weight_names.of_layer(layer, f"{name}.convs_fine.convs.{place}.0")


def _of_mask_net(
    network: composition.MaskNet, prefix: str
) -> Iterator[weight_names.Weight]:
    for place, layer in enumerate(network.layers_in):
        yield from weight_names.of_layer(layer, f"{prefix}.convs.{place}.0")
    last = len(network.layers_in)
    yield from weight_names.of_layer(network.to_mask, f"{prefix}.convs.{last}")


def _of_gated(layer: gated.GatedConv, prefix: str) -> weight_names.Weight:
    name = f"{prefix}.conv.weight"
    return weight_names.Weight(layer.kernel, (name,), weight_names.kernel)


def _of_flat(layer: keras.Layer, prefix: str) -> weight_names.Weight:
    return weight_names.Weight(layer.kernel, (f"{prefix}.weight",), _flat)


def _flat(array: np.ndarray) -> np.ndarray:
    """Returns [3, 3, in, out] of [out, in, 1, 3, 3]."""
    return weight_names.kernel(array.squeeze(2))


def _frames_beside(array: np.ndarray) -> np.ndarray:
    """Returns [3, 3, S·in, out] of [out, in, S, 3, 3], frame by frame."""
    out, channels, frames, *size = array.shape
    beside = np.moveaxis(array, 2, 1)  # [out, S, in, 3, 3]
    return weight_names.kernel(beside.reshape(out, frames * channels, *size))
