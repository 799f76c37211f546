"""The names of the original's weights: VOS-ForeGAN's state_dicts.

The original saves a file for each network; `Gf.`, `Gb.`, `Df.` and `Db.` stand before the
names of each:

    import_weights --weights=Gf=net_epoch_5400_id_Gf.pth --weights=Gb=... (and Df, Db)

They are those of the variants with weights shared over time ("static ACR": baseline,
dmask, dmask_prop, noof, exp6), without the spatial transformer of the last commit.

Weights that the original has trained expect its faults: with --gin_param bind
`options.Legacy.additive_composite`, `wrapped_flow_code` and `late_flow` to True to see
what the original showed.
"""

from collections.abc import Iterator, Mapping

import keras

from tfvideogan.core import errors
from tfvideogan.models import weight_names
from tfvideogan.models.foregan.thesis import (
    backbone,
    discriminators,
    generators,
    recurrences,
)

# The original's background generator has a mask layer that it never calls, and its
# foreground critic a second last layer, also where no mask is judged.
UNUSED = ("Gb.fgmask_conv.*", "Df.conv4.*")


def table(networks: Mapping[str, keras.Layer]) -> weight_names.Table:
    """Returns all names, of the networks of `ThesisForeGAN`.

    Raises:
      UserError: see `of_generator`.
    """
    return weight_names.Table(
        {
            "foreground_generator": of_generator(
                networks["foreground_generator"], "Gf"
            ),
            "background_generator": of_generator(
                networks["background_generator"], "Gb"
            ),
            "foreground_critic": of_critic(networks["foreground_critic"], "Df"),
            "background_critic": of_critic(networks["background_critic"], "Db"),
        },
        UNUSED,
    )


def of_generator(
    network: generators.LayerGenerator, prefix: str
) -> list[weight_names.Weight]:
    """Returns the weights of a generator.

    Args:
      network: with weights shared over time.
      prefix: "Gf" or "Gb".

    Raises:
      UserError: the variant has other layers, whose names are not known.
    """
    recurrence = network.recurrence
    is_known = isinstance(recurrence, recurrences.Additive | recurrences.Memoryless)
    if network.transformer is not None or not is_known:
        raise errors.UserError(
            "The original's names are known for `recurrence` 'additive' and 'none' "
            "without `affine_stn` only, as in gin/foregan/dmask_prop.gin."
        )
    weights = list(_of_backbone(network.backbone, f"{prefix}.main"))
    (head,) = network.heads
    # The original has one convolution for the colour and one for the attention.
    halves = ("img_reg_packs", "attention_reg_packs")
    names = tuple(f"{prefix}.{half}.0.weight" for half in halves)
    weights.append(weight_names.Weight(head.kernel, names, weight_names.kernel))
    if isinstance(recurrence, recurrences.Additive):
        weights += weight_names.of_layer(recurrence.reduce, f"{prefix}.reductor.0")
    if network.mask_layer is not None:
        weights += weight_names.of_layer(network.mask_layer, f"{prefix}.fgmask_conv")
    return weights


def of_critic(
    network: discriminators.PatchDiscriminator, prefix: str
) -> list[weight_names.Weight]:
    """Returns the weights of a critic; `prefix` is "Df" or "Db"."""
    weights = []
    for level, layer in enumerate(network.halvings):
        # Each is followed by its activation.
        weights += weight_names.of_layer(layer, f"{prefix}.main.{2 * level}")
    for place, layer in enumerate(network.tail, 1):
        weights += weight_names.of_layer(layer, f"{prefix}.conv{place}.0")
    weights += weight_names.of_layer(network.score, f"{prefix}.conv3")
    if network.mask_score is not None:
        weights += weight_names.of_layer(network.mask_score, f"{prefix}.conv4")
    return weights


def _of_backbone(
    network: backbone.Backbone, prefix: str
) -> Iterator[weight_names.Weight]:
    """The layers stand in one sequence: convolution, norm, activation, ..., blocks."""
    place = 0
    for layer, norm in zip(network.downward, network.downward_norms, strict=True):
        yield from weight_names.of_layer(layer, f"{prefix}.{place}")
        yield from weight_names.of_layer(norm, f"{prefix}.{place + 1}")
        place += 3
    for block in network.blocks:
        inside = f"{prefix}.{place}.main"
        yield from weight_names.of_layer(block.first, f"{inside}.0")
        yield from weight_names.of_layer(block.first_norm, f"{inside}.1")
        yield from weight_names.of_layer(block.second, f"{inside}.3")
        yield from weight_names.of_layer(block.second_norm, f"{inside}.4")
        place += 1
    for layer, norm in zip(network.upward, network.upward_norms, strict=True):
        yield from weight_names.of_layer(layer, f"{prefix}.{place}")
        yield from weight_names.of_layer(norm, f"{prefix}.{place + 1}")
        place += 3
