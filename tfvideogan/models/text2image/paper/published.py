"""The names of the original's variables: GAN-CLS in TensorLayer 1, its own names.

Convolutions and dense layers are kept as TensorFlow keeps them. The LSTM has one kernel for
word and state, other gates first, and adds 1 to its forget gate instead of beginning there.
"""

from collections.abc import Iterator, Mapping, Sequence

import keras
import numpy as np

from tfvideogan.models import weight_names
from tfvideogan.models.text2image.paper import (
    discriminator,
    encoders,
    generator,
    layers,
)

# The original's gates: input, candidate, forget, output; Keras has the candidate third.
GATES = 4
FORGET_BIAS = 1.0
_WORDS = {"kernel": "W", "bias": "b"}
Weights = Iterator[weight_names.Weight]


def table(networks: Mapping[str, keras.Layer]) -> weight_names.Table:
    """Returns all names, of the networks of `PaperTextToImage`."""
    return weight_names.Table(
        {
            "text": list(_of_text(networks["text"])),
            "generator": list(_of_generator(networks["generator"])),
            "image": list(_of_image(networks["image"])),
            "critic": list(_of_critic(networks["critic"])),
        }
    )


def _of_text(network: encoders.TextEncoder) -> Weights:
    cell = network.recurrence.cell
    name = "rnnftxt/rnn/dynamic/rnn/basic_lstm_cell"
    words = network.embedding.embeddings.shape[-1]
    embeddings = "rnnftxt/rnn/wordembed/embeddings"
    yield weight_names.Weight(
        network.embedding.embeddings, (embeddings,), weight_names.unchanged
    )
    for variable, part in (
        (cell.kernel, slice(words)),
        (cell.recurrent_kernel, slice(words, None)),
    ):
        yield weight_names.Weight(
            variable,
            (f"{name}/kernel",),
            lambda kernel, part=part: np.concatenate(_gates(kernel[part]), axis=-1),
        )
    yield weight_names.Weight(cell.bias, (f"{name}/bias",), _biases)


def _of_generator(network: generator.PaperGenerator) -> Weights:
    yield from _of_layer(network.of_text, "generator/g_reduce_text/dense")
    yield from _of_layer(network.start, "generator/g_h0/dense")
    yield from _of_layer(network.start_norm, "generator/g_h0/batch_norm")
    for number, block in zip((1, 3), network.residuals, strict=True):
        yield from _of_block(block, f"generator/g_h{number}_res", "batch_norm")
    for number, *pair in zip((2, 4, 5), network.up, network.norms, strict=True):
        yield from _of_pair(pair, f"generator/g_h{number}", "batch_norm")
    yield from _of_layer(network.to_image, "generator/g_ho/conv2d")


def _of_image(network: encoders.ImageEncoder) -> Weights:
    yield from _of_layer(network.stem, "cnnftxt/cnnf/h0/conv2d")
    for number, *pair in zip((1, 2, 3), network.down, network.norms, strict=True):
        yield from _of_pair(pair, f"cnnftxt/cnnf/h{number}", "batch_norm")
    yield from _of_layer(network.features, "cnnftxt/cnnf/h4/embed")


def _of_critic(network: discriminator.PaperDiscriminator) -> Weights:
    yield from _of_layer(network.stem, "discriminator/d_h0/conv2d")
    for number, *pair in zip((1, 2, 3), network.down, network.norms, strict=True):
        yield from _of_pair(pair, f"discriminator/d_h{number}", "batchnorm")
    yield from _of_block(network.residual, "discriminator/d_h4_res", "batchnorm")
    yield from _of_layer(network.of_text, "discriminator/d_reduce_txt/dense")
    yield from _of_layer(network.joint, "discriminator/d_h3/conv2d_2")
    yield from _of_layer(network.joint_norm, "discriminator/d_h3/batch_norm_2")
    yield from _of_layer(network.score, "discriminator/d_ho/conv2d")


def _of_block(block: layers.Bottleneck, name: str, norm: str) -> Weights:
    pairs = zip(block.convolutions, block.norms, strict=True)
    for number, (convolve, normalise) in enumerate(pairs, start=1):
        suffix = str(number) if number > 1 else ""
        yield from _of_layer(convolve, f"{name}/conv2d{suffix}")
        yield from _of_layer(normalise, f"{name}/{norm}{suffix}")


def _of_pair(pair: Sequence[keras.layers.Layer], name: str, norm: str) -> Weights:
    yield from _of_layer(pair[0], f"{name}/conv2d")
    yield from _of_layer(pair[1], f"{name}/{norm}")


def _of_layer(layer: keras.layers.Layer, name: str) -> Weights:
    """Dense layers have W and b, convolutions W_conv2d and b_conv2d, norms our words."""
    suffix = "" if isinstance(layer, keras.layers.Dense) else "_conv2d"
    for variable in layer.variables:
        word = variable.name
        word = f"{_WORDS[word]}{suffix}" if word in _WORDS else word
        yield weight_names.Weight(variable, (f"{name}/{word}",), weight_names.unchanged)


def _gates(array: np.ndarray) -> list[np.ndarray]:
    """Parts [..., units] of input, forget, candidate and output."""
    inputs, candidate, forget, output = np.split(array, GATES, axis=-1)
    return [inputs, forget, candidate, output]


def _biases(array: np.ndarray) -> np.ndarray:
    inputs, forget, candidate, output = _gates(array)
    return np.concatenate([inputs, forget + FORGET_BIAS, candidate, output])
