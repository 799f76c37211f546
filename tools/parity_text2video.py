"""Records what the notebooks of "Videogeneration" compute, for a test of our networks.

Runs by hand, on a checkout of the original, in this package's own environment (recorded
with TensorFlow 2.21 and Keras 3.15, which has all layers that the notebooks use):

    git clone https://github.com/VincentCa/videogeneration
    git -C videogeneration checkout b44147b
    PYTHONPATH=. python tools/parity_text2video.py --original=videogeneration

Of the notebooks those cells are run that define the functions named below. The networks get
weights by formula, so that only names, shapes and outputs are written. Keras of 2018 is
Keras 3 by other names here: `merge` concatenates, models take other keywords. Dropout
multiplies by 1 + its rate in training, so that its places show. A frozen
discriminator normalised by the statistics of the batch in 2018, and by the moving ones
today: it is not frozen here, and nothing is updated.
"""

import argparse
import ast
import collections
import json
import pathlib
import types
from collections.abc import Iterator, Sequence

import tfvideogan  # noqa: F401

# isort: split
import keras
import numpy as np

from tests.models.text2video.paper import recorded_inputs

Goldens = dict[str, np.ndarray]

FOLDER = "text-to-video"
# Layers that the code names itself, and convolutions of which no model is made.
GIVEN_NAMES = ("dense1", "dense2")
FIRST_UNUSED, NUM_UNUSED = 9, 2
PLAIN, ADVERSARIAL = "UNet_KTH.ipynb", "Adversarial_UNet_KTH.ipynb"


class Dropout(keras.layers.Layer):
    """Multiplies by 1 + rate in training."""

    def __init__(self, rate: float) -> None:
        """Stores the rate."""
        super().__init__()
        self.rate = rate

    def call(self, inputs: object, training: bool = False) -> object:
        """Returns the features."""
        return inputs * (1.0 + self.rate) if training else inputs


class Notebooks:
    """The functions of a checkout's notebooks."""

    def __init__(self, checkout: str) -> None:
        """Stores the folder."""
        self.folder = pathlib.Path(checkout) / FOLDER

    def function(self, notebook: str, name: str) -> types.FunctionType:
        """Returns a function of a notebook in a namespace of its own."""
        namespace = _keras_of_2018()
        for source in self._cells(notebook):
            if any(
                isinstance(node, ast.FunctionDef) and node.name == name
                for node in _parsed(source)
            ):
                exec(compile(source, notebook, "exec"), namespace)
        return namespace[name]

    def _cells(self, notebook: str) -> Iterator[str]:
        text = (self.folder / notebook).read_text(encoding="utf-8")
        for cell in json.loads(text)["cells"]:
            if cell["cell_type"] == "code":
                yield "".join(cell["source"])


def main() -> None:
    """Records, and says what the file holds."""
    made = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    made.add_argument("--original", required=True, metavar="FOLDER")
    made.add_argument("--output", default="tests/goldens/parity_text2video.npz")
    options = made.parse_args()
    notebooks = Notebooks(options.original)
    generator, discriminator = networks(notebooks)
    goldens = {
        "parameters": np.array(
            [
                " ".join([name, *map(str, value.shape)])
                for name, value in {
                    **named(generator, "generator"),
                    **named(discriminator, "discriminator"),
                }.items()
            ]
        ),
        **frames(generator),
        **scores(discriminator),
        **losses(generator, discriminator),
        **rollout(notebooks, generator),
    }
    np.savez_compressed(options.output, **goldens)
    for name, value in goldens.items():
        print(f"{name} {value.shape} {value.dtype} {np.ravel(value)[:3]}")


def networks(notebooks: Notebooks) -> tuple[keras.Model, keras.Model]:
    """Makes generator and discriminator with weights by formula."""
    side = recorded_inputs.SIDE
    generators = [
        notebooks.function(notebook, "get_unet")(
            side,
            side,
            start_filters=recorded_inputs.FILTERS,
            dr_rate=recorded_inputs.RATE,
        )
        for notebook in (PLAIN, ADVERSARIAL)
    ]
    make = notebooks.function(ADVERSARIAL, "build_discriminator_frames")
    discriminator = make((side, side, 1))
    for network in generators:
        give_weights(network, "generator")
    give_weights(discriminator, "discriminator")
    inputs = [recorded_inputs.volume(), recorded_inputs.captions()]
    one, other = (network.predict_on_batch(inputs) for network in generators)
    np.testing.assert_array_equal(one, other)  # Both notebooks have the same network.
    return generators[0], discriminator


def named(network: keras.Model, prefix: str) -> dict[str, keras.Variable]:
    """Returns variables by what Keras 2 calls them in a fresh session."""
    layers = [layer for layer in _flat(network.layers) if layer.weights]
    counts = collections.Counter()
    found = {}
    for layer in sorted(layers, key=lambda layer: _number(layer.name)):
        name = layer.name
        if name not in GIVEN_NAMES:
            kind = name.rstrip("0123456789").rstrip("_")
            counts[kind] += 1
            is_behind = prefix == "generator" and counts[kind] >= FIRST_UNUSED
            name = f"{kind}_{counts[kind] + is_behind * NUM_UNUSED}"
        for variable in layer.weights:
            found[f"{prefix}.{name}.{variable.name}"] = variable
    return found


def give_weights(network: keras.Model, prefix: str) -> None:
    """Gives a network its weights by formula."""
    variables = named(network, prefix)
    lines = [" ".join([name, *map(str, v.shape)]) for name, v in variables.items()]
    for name, value in recorded_inputs.weights(lines).items():
        variables[name].assign(value)


def frames(generator: keras.Model) -> Goldens:
    """Records predictions at inference and in training."""
    inputs = [recorded_inputs.volume(), recorded_inputs.captions()]
    return {
        f"frames/{mode}": recorded_inputs.thinned(
            generator(inputs, training=mode == "training").numpy()
        )
        for mode in ("inference", "training")
    }


def scores(discriminator: keras.Model) -> Goldens:
    """Records probabilities at inference."""
    shown = recorded_inputs.targets()
    return {"scores": discriminator(shown, training=False).numpy()}


def losses(generator: keras.Model, discriminator: keras.Model) -> Goldens:
    """Records what each update minimises, by the notebooks' own names of losses."""
    inputs = [recorded_inputs.volume(), recorded_inputs.captions()]
    targets = recorded_inputs.targets()
    ones = np.ones([len(targets), 1], np.float32)
    fakes = generator.predict_on_batch(inputs)
    both = keras.Model(generator.inputs, discriminator(generator.output))
    entropy = "binary_crossentropy"
    return {
        "loss/error": loss(generator, "mean_squared_error", inputs, targets),
        "loss/critic_real": loss(discriminator, entropy, targets, ones),
        "loss/critic_fake": loss(discriminator, entropy, fakes, 0.0 * ones),
        "loss/adversarial": loss(both, entropy, inputs, ones),
    }


def loss(
    network: keras.Model, kind: str, shown: object, wanted: np.ndarray
) -> np.ndarray:
    """Returns a loss in training; the weights stay as they are."""
    network.compile(loss=kind, optimizer=keras.optimizers.SGD(0.0))
    logs = network.train_on_batch(shown, wanted, return_dict=True)
    return np.float32(logs["loss"])


def rollout(notebooks: Notebooks, generator: keras.Model) -> Goldens:
    """Records a rollout until the original ends with an error."""
    predict = notebooks.function(ADVERSARIAL, "predict")
    predict.__globals__["length_sequences"] = recorded_inputs.HISTORY
    made: list[np.ndarray] = []

    def predicted(x: Sequence[np.ndarray]) -> np.ndarray:
        made.append(generator.predict_on_batch([np.float32(one) for one in x]))
        return made[-1]

    try:
        predict(
            types.SimpleNamespace(predict=predicted),
            recorded_inputs.first_frame(),
            recorded_inputs.captions()[0],
            None,
            recursion=recorded_inputs.ROLLOUT + 1,
            plot=False,
        )
    except IndexError as error:
        print(f"after {len(made)} frames: {error}")
    return {"rollout": recorded_inputs.thinned(np.concatenate(made))}


def _keras_of_2018() -> dict[str, object]:
    """Returns the names that the notebooks import."""

    def merge(inputs: Sequence[object], concat_axis: int, **_: object) -> object:
        return keras.layers.Concatenate(axis=concat_axis)(inputs)

    def model(*args: object, **named_: object) -> keras.Model:
        inputs, outputs = args or (named_["input"], named_["output"])
        return keras.Model(inputs, outputs)

    def leaky(alpha: float) -> keras.layers.Layer:
        return keras.layers.LeakyReLU(negative_slope=alpha)

    layers = ("Input", "Conv2D", "UpSampling2D", "AvgPool2D", "Flatten", "Dense")
    return {
        **{name: getattr(keras.layers, name) for name in layers},
        "BatchNormalization": keras.layers.BatchNormalization,
        "Sequential": keras.Sequential,
        "Adam": lambda lr: keras.optimizers.Adam(lr),
        "Dropout": Dropout,
        "LeakyReLU": leaky,
        "Model": model,
        "merge": merge,
        "keras": keras,
        "np": np,
        "SENTENCE_LENGTH": recorded_inputs.SENTENCE_LENGTH,
        "NUM_DIFF_WORDS": recorded_inputs.NUM_WORDS,
        "MEMORY": recorded_inputs.HISTORY,
    }


def _parsed(source: str) -> list[ast.stmt]:
    """Returns the statements of a cell; none of one that is not Python 3."""
    try:
        return ast.parse(source).body
    except SyntaxError:
        return []


def _flat(layers: Sequence[keras.layers.Layer]) -> Iterator[keras.layers.Layer]:
    for layer in layers:
        if isinstance(layer, keras.Model):
            yield from _flat(layer.layers)
        else:
            yield layer


def _number(name: str) -> int:
    digits = name[len(name.rstrip("0123456789")) :]
    return int(digits or 0)


if __name__ == "__main__":
    main()
