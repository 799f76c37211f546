"""The names of the original's weights: state_dicts of the released OPN and TCN.

`opn.` and `tcn.` stand before the names of each; `module.` is of the original's wrapper for
several GPUs.

    import_weights --gin_file=gin/opn/tcn.gin --weights=opn=OPN.pth --weights=tcn=TCN.pth
"""

from collections.abc import Iterator, Mapping, Sequence

import keras
import numpy as np

from tfvideogan.layers import gated
from tfvideogan.models import weight_names
from tfvideogan.models.opn import consistency, networks

OPN, TCN = "opn.module", "tcn.module"
PARTS = ("input_conv", "gating_conv")
# The means and deviations of ImageNet, which are constants here.
UNUSED = ("*.mean", "*.mean3d", "*.std")

Named = Sequence[tuple[str, gated.GatedConv]]


def table(nets: Mapping[str, keras.Layer]) -> weight_names.Table:
    """Returns all names, of the networks of `OPN`."""
    found = {
        "encoder": list(_of(_of_encoder(nets["encoder"]), f"{OPN}.Encoder")),
        "decoder": list(_of(_of_decoder(nets["decoder"]), f"{OPN}.Decoder")),
    }
    if "consistency" in nets:
        found["consistency"] = list(_of_consistency(nets["consistency"]))
    return weight_names.Table(found, unused=UNUSED)


def _of_encoder(network: networks.Encoder) -> Named:
    layers = [*network.half, *network.quarter, *network.wide]
    names = ("conv12", "conv2", "conv23", "conv3a", "conv3b", "conv3c", "conv3d")
    heads = (("key3", network.key), ("val3", network.value))
    return [*zip(names, layers, strict=True), *heads]


def _of_decoder(network: networks.Decoder) -> Named:
    layers = [*network.wide, network.quarter, *network.half, network.full]
    names = ("conv3d", "conv3c", "conv3b", "conv3a", "conv32", "conv2", "conv21")
    return [*zip(names, layers, strict=True)]


def _of_consistency(
    network: consistency.ConsistencyNetwork,
) -> Iterator[weight_names.Weight]:
    down = [network.full, *network.half, *network.quarter, *network.eighth]
    names = ("conv1", "conv21", "conv2", "conv23", "conv3a", "conv3b")
    names += ("conv34", "conv4a", "conv4b")
    yield from _of([*zip(names, down, strict=True)], f"{TCN}.Encoder")
    yield from weight_names.of_layer(network.gru.of_input, f"{TCN}.GRU.convIH")
    yield from weight_names.of_layer(network.gru.of_state, f"{TCN}.GRU.convHH")
    up = [
        *network.from_eighth,
        network.to_quarter,
        *network.from_quarter,
        network.to_half,
        network.from_half,
        network.to_full,
        network.to_frame,
    ]
    names = ("conv4b", "conv4a", "conv43", "conv3b", "conv3a", "conv32", "conv2")
    names += ("conv21", "conv1")
    yield from _of([*zip(names, up, strict=True)], f"{TCN}.Decoder")


def _of(layers: Named, prefix: str) -> Iterator[weight_names.Weight]:
    """Features and gates side by side."""
    for name, layer in layers:
        kernels, biases = (
            tuple(f"{prefix}.{name}.{part}.{word}" for part in PARTS)
            for word in ("weight", "bias")
        )
        yield weight_names.Weight(layer.kernel, kernels, weight_names.kernel)
        yield weight_names.Weight(layer.bias, biases, _side_by_side)


def _side_by_side(*arrays: np.ndarray) -> np.ndarray:
    return np.concatenate(arrays)
