"""The names of the original's weights: state_dicts of the released generator and critic.

`generator.` and `critic.` stand before the names of each. Norms have no weights; what the
original tracks of them is not used.

    import_weights --gin_file=gin/deblurgan/paper.gin --weights=generator=latest_net_G.pth \
        --partial --gin_param='paper.Options.blocks = "one_conv"'
"""

from collections.abc import Iterator, Mapping

import keras

from tfvideogan.models import weight_names
from tfvideogan.models.deblurgan.paper import discriminator, generator

# Places in the original's sequences.
STEM, DOWN, FIRST_BLOCK = 1, (4, 7), 10
# Behind the blocks: transposed convolutions and the last one, counted from there.
UP, LAST = (0, 3), 7
# The second convolution of a block stands behind dropout, if there is some.
FIRST_CONV, SECOND_CONV = 1, 5
OF_CRITIC = (0, 2, 5, 8)
SCORE = 11
TRACKED = ("*.running_mean", "*.running_var", "*.num_batches_tracked")


def table(networks: Mapping[str, keras.Layer]) -> weight_names.Table:
    """Returns all names, of the networks of `PaperDeblurGAN`."""
    return weight_names.Table(
        {
            "generator": list(_of_generator(networks["generator"])),
            "critic": list(_of_critic(networks["critic"])),
        },
        unused=TRACKED,
    )


def _of_generator(
    network: generator.PaperGenerator,
) -> Iterator[weight_names.Weight]:
    name = "generator.model"
    yield from weight_names.of_layer(network.stem, f"{name}.{STEM}")
    for place, layer in zip(DOWN, network.down, strict=True):
        yield from weight_names.of_layer(layer, f"{name}.{place}")
    for number, layers in enumerate(network.blocks, start=FIRST_BLOCK):
        places = (FIRST_CONV, SECOND_CONV + bool(network.dropout))
        for place, layer in zip(places, layers, strict=False):
            yield from weight_names.of_layer(
                layer, f"{name}.{number}.conv_block.{place}"
            )
    behind = FIRST_BLOCK + len(network.blocks)
    for place, layer in zip(UP, network.up, strict=True):
        yield from weight_names.of_layer(layer, f"{name}.{behind + place}")
    yield from weight_names.of_layer(network.to_frame, f"{name}.{behind + LAST}")


def _of_critic(
    network: discriminator.PaperDiscriminator,
) -> Iterator[weight_names.Weight]:
    for place, layer in zip(OF_CRITIC, network.convolutions, strict=True):
        yield from weight_names.of_layer(layer, f"critic.model.{place}")
    yield from weight_names.of_layer(network.score, f"critic.model.{SCORE}")
