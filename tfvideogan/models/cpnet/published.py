"""The names of the original's weights: the state_dict of the released CPNet.

    import_weights --gin_file=gin/cpnet/paper.gin --weights=weight.pth \
        --gin_param='cpnet.Options.repeats_layers = True'

with the other switches of the head of gin/cpnet/paper.gin. The two layers that the released
code never calls are in its file; they have a place only without `repeats_layers`.
"""

from collections.abc import Iterator, Mapping, Sequence

import keras
import numpy as np

from tfvideogan.models import weight_names
from tfvideogan.models.cpnet import alignment, networks
from tfvideogan.models.cpnet.stages import Stage

# Of each network of the original ImageNet's mean and deviation.
UNUSED = ("*mean", "*mean3d", "*std")


def table(trained: Mapping[str, keras.Layer]) -> weight_names.Table:
    """Returns all names, of the networks of `CPNet`."""
    aligner = trained["aligner"]
    unused = UNUSED
    if not aligner.late:
        unused += tuple(f"A_Regressor.{one.name}.*" for one in alignment.LATE)
    return weight_names.Table(
        {
            "aligner": list(_of_aligner(aligner)),
            "copier": list(_of_copier(trained["copier"])),
            "paster": list(_of_paster(trained["paster"])),
        },
        unused=unused,
    )


def _of_aligner(network: alignment.Aligner) -> Iterator[weight_names.Weight]:
    yield from _of_stages(network.encoder, "A_Encoder", alignment.ENCODER)
    yield from _of_first(network)
    prefix = "A_Regressor"
    yield from _of_stages(network.middle, prefix, alignment.MIDDLE)
    yield from _of_stages([network.smaller], prefix, [alignment.SMALLER])
    if network.late:
        yield from _of_stages(network.late, prefix, alignment.LATE)
    kernel, bias = weight_names.of_layer(network.to_theta, f"{prefix}.fc")
    yield kernel
    # The identity stands in the original's bias.
    identity = np.array(alignment.IDENTITY, np.float32)
    yield bias._replace(convert=lambda array: array - identity)


def _of_first(network: alignment.Aligner) -> Iterator[weight_names.Weight]:
    """The two halves of the convolution of both features side by side."""
    name = f"A_Regressor.{alignment.FIRST.name}.conv.0"
    for number, layer in enumerate(
        (network.first_of_target, network.first_of_reference)
    ):
        kernel, *bias = weight_names.of_layer(layer, name)
        yield kernel._replace(convert=lambda array, number=number: _half(array, number))
        yield from bias


def _half(array: np.ndarray, number: int) -> np.ndarray:
    return np.split(weight_names.kernel(array), 2, axis=-2)[number]


def _of_copier(network: networks.Copier) -> Iterator[weight_names.Weight]:
    yield from _of_stages(network.encoder, "Encoder", networks.ENCODER)
    yield from _of_stages([network.value], "Encoder", [networks.VALUE])


def _of_paster(network: networks.Paster) -> Iterator[weight_names.Weight]:
    wide = [Stage(name, 0) for name in networks.WIDE]
    for layers, stages in (
        (network.wide, wide),
        (network.narrower, networks.NARROWER),
        (network.half, networks.HALF),
        ([network.last], [networks.LAST]),
    ):
        yield from _of_stages(layers, "Decoder", stages)


def _of_stages(
    layers: Sequence[keras.Layer], prefix: str, stages: Sequence[Stage]
) -> Iterator[weight_names.Weight]:
    for layer, stage in zip(layers, stages, strict=True):
        yield from weight_names.of_layer(layer, f"{prefix}.{stage.name}.conv.0")
