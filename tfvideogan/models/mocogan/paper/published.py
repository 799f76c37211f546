"""The names of the original's weights: the state_dicts of MoCoGAN's released code.

`generator.` (the recurrent cell included), `image_discriminator.` and
`video_discriminator.` stand before the names of each. The original saves the generator
alone, and the pickled object instead of its weights. Where you trust the file, this line
makes a state_dict of it in the original's folder src/:

    torch.save(torch.load(FILE, "cpu", weights_only=False).state_dict(), "generator.pth")

Then, with the number of categories that it was trained for:

    import_weights --gin_file=gin/mocogan/paper.gin --weights=generator=generator.pth \
        --partial --gin_param='paper.Options.categories = 6'
"""

from collections.abc import Iterator, Mapping

import keras
import numpy as np

from tfvideogan.models import weight_names
from tfvideogan.models.mocogan import motion
from tfvideogan.models.mocogan.paper import discriminators, generator

# PyTorch's reset, update and candidate; Keras has the update first.
GATES = 3


def table(networks: Mapping[str, keras.Layer]) -> weight_names.Table:
    """Returns all names, of the networks of `PaperMoCoGAN`."""
    image_critic, video_critic = networks["image_critic"], networks["video_critic"]
    return weight_names.Table(
        {
            "motion": of_motion(networks["motion"], "generator"),
            "generator": list(of_generator(networks["generator"], "generator")),
            "image_critic": list(
                of_critic(
                    image_critic,
                    "image_discriminator",
                    has_noisy_score=image_critic.is_patch,
                )
            ),
            "video_critic": list(
                of_critic(video_critic, "video_discriminator", has_noisy_score=False)
            ),
        }
    )


def of_motion(network: motion.GRUMotion, prefix: str) -> list[weight_names.Weight]:
    """Returns the weights of the recurrent cell, part of the original's generator."""
    cell = network.recurrence.cell
    name = f"{prefix}.recurrent"
    biases = (f"{name}.bias_ih", f"{name}.bias_hh")
    return [
        weight_names.Weight(cell.kernel, (f"{name}.weight_ih",), _matrix),
        weight_names.Weight(cell.recurrent_kernel, (f"{name}.weight_hh",), _matrix),
        weight_names.Weight(cell.bias, biases, _biases),
    ]


def of_generator(
    network: generator.FrameGenerator, prefix: str
) -> Iterator[weight_names.Weight]:
    """Yields the weights of the generator of frames, one sequence in the original."""
    place = 0
    for layer, norm in zip(network.layers_up, network.norms, strict=True):
        yield from weight_names.of_layer(layer, f"{prefix}.main.{place}")
        yield from weight_names.of_layer(norm, f"{prefix}.main.{place + 1}")
        place += 3  # Its activation follows.
    yield from weight_names.of_layer(network.to_frame, f"{prefix}.main.{place}")


def of_critic(
    network: discriminators.ImageDiscriminator | discriminators.VideoDiscriminator,
    prefix: str,
    *,
    has_noisy_score: bool,
) -> Iterator[weight_names.Weight]:
    """Yields the weights of a discriminator, one sequence in the original.

    Each layer is noise, convolution, norm and activation; the first has no norm.

    Args:
      network: built.
      prefix: before the names.
      has_noisy_score: whether there is noise before the last convolution.
    """
    place = 1
    for index, layer in enumerate(network.convolutions):
        yield from weight_names.of_layer(layer, f"{prefix}.main.{place}")
        if index:
            norm = network.norms[index - 1]
            yield from weight_names.of_layer(norm, f"{prefix}.main.{place + 1}")
        place += 4 if index else 3
    place -= 0 if has_noisy_score else 1
    yield from weight_names.of_layer(network.score, f"{prefix}.main.{place}")


def _matrix(array: np.ndarray) -> np.ndarray:
    """Returns [in, 3 units] of [3 units, in]."""
    return _gates(array).T


def _biases(inputs: np.ndarray, states: np.ndarray) -> np.ndarray:
    """Returns [2, 3 units] of the biases of inputs and of states."""
    return np.stack([_gates(inputs), _gates(states)])


def _gates(array: np.ndarray) -> np.ndarray:
    """Reorders reset, update and candidate along the first axis to Keras' order."""
    reset, update, candidate = np.split(array, GATES)
    return np.concatenate([update, reset, candidate])
