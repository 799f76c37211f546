r"""The names of the original's weights: the layers of the notebooks' Keras models.

`generator.` and `discriminator.` stand before the names, which Keras 2 gives in a fresh
session: layers of a kind are numbered from 1 in the order in which they are made. Numbers
9 and 10 are convolutions of the fifth level, whose output is not used and which no saved
model holds. What `ModelCheckpoint` of the notebooks writes is read by

    import_weights --gin_file=gin/text2video/paper.gin \
        --weights=generator=weights.50.hdf5 \
        --gin_param='paper.Options.history_align = "left"'

with a source whose captions are one word of two, as theirs are.
"""

from collections.abc import Iterator, Mapping, Sequence

import keras

from tfvideogan.models import weight_names
from tfvideogan.models.text2video.paper import discriminator, generator

# Convolutions of the fifth level.
NUM_UNUSED = 2


def table(networks: Mapping[str, keras.Layer]) -> weight_names.Table:
    """Returns all names, of the networks of `PaperTextToVideo`."""
    named = {"generator": list(of_generator(networks["generator"], "generator"))}
    if "critic" in networks:
        critic = of_discriminator(networks["critic"], "discriminator")
        named["critic"] = list(critic)
    return weight_names.Table(named)


def of_generator(network: generator.UNet, prefix: str) -> Iterator[weight_names.Weight]:
    """Yields the weights of the generator."""
    down = [one for level in network.encoder for one in (level.first, level.second)]
    up = [
        one
        for enlarging, level in zip(network.up, network.decoder, strict=True)
        for one in (enlarging, level.first, level.second)
    ]
    out = [network.to_pairs, network.to_frame]
    yield from _numbered(down, f"{prefix}.conv2d")
    first = len(down) + NUM_UNUSED + 1
    yield from _numbered(up + out, f"{prefix}.conv2d", first=first)
    yield from _numbered([network.to_hidden, network.to_inner], f"{prefix}.dense", "")


def of_discriminator(
    network: discriminator.FrameDiscriminator, prefix: str
) -> Iterator[weight_names.Weight]:
    """Yields the weights of the discriminator."""
    yield from _numbered(network.convolutions, f"{prefix}.conv2d")
    yield from _numbered(network.norms, f"{prefix}.batch_normalization")
    yield from _numbered([network.score], f"{prefix}.dense")


def _numbered(
    layers: Sequence[keras.layers.Layer],
    name: str,
    joint: str = "_",
    *,
    first: int = 1,
) -> Iterator[weight_names.Weight]:
    for number, layer in enumerate(layers, start=first):
        for variable in layer.variables:
            full = f"{name}{joint}{number}.{variable.name}"
            yield weight_names.Weight(variable, (full,), weight_names.unchanged)
