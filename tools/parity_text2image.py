"""Records what the original of GAN-CLS computes, for the test that our networks meet it.

Runs by hand, in an environment of its own (Python 3.11), on a checkout of the original:

    git clone https://github.com/VincentCa/videogeneration
    git -C videogeneration checkout b44147b
    python3.11 -m venv .parity
    .parity/bin/pip install tensorflow==2.15.1 six
    PYTHONPATH=. .parity/bin/python tools/parity_text2image.py \
        --original=videogeneration/text-to-image

The code is of TensorFlow 1 and brings its own TensorLayer 1.4. Networks and losses run as
they are written, in graphs of `tf.compat.v1`; `tf.contrib` lends its LSTM from there, too,
and the parts of TensorLayer that read files and draw pictures are left out. Of the training
script the function is run up to where it begins to train. Variables get values by formula,
so that only names, shapes and outputs are written. The vocabulary has 12 words instead of
8,000, and a batch 4 images instead of 64.
"""

import argparse
import importlib
import pathlib
import sys
import textwrap
import types
from typing import Any
from unittest import mock

import numpy as np
import tensorflow

from tests.models.text2image.paper import recorded_inputs

tf = tensorflow.compat.v1
Goldens = dict[str, np.ndarray]

LEFT_OUT = ("db", "files", "iterate", "nlp", "ops", "prepro", "rein", "utils")
TRAINING = "    ###============================ TRAINING"


def main() -> None:
    """Records, and says what the file holds."""
    made = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    made.add_argument("--original", required=True, metavar="FOLDER")
    made.add_argument("--output", default="tests/goldens/parity_text2image.npz")
    options = made.parse_args()
    graph = original_graph(pathlib.Path(options.original))
    variables = {one.op.name: one for one in tf.global_variables()}
    # Slots and rates of optimizers are no weights.
    wanted = ("rnnftxt/", "cnnftxt/", "generator/", "discriminator/")
    variables = {
        name: one
        for name, one in variables.items()
        if name.startswith(wanted) and "Adam" not in name
    }
    with tf.Session() as session:
        goldens = record(session, graph, variables)
    np.savez_compressed(options.output, **goldens)
    for name, value in goldens.items():
        print(f"{name} {value.shape} {value.dtype} {np.ravel(value)[:3]}")


def original_graph(folder: pathlib.Path) -> dict[str, Any]:
    """Builds the original's training graph; returns its tensors by the code's names."""
    tf.disable_v2_behavior()
    cell = tf.nn.rnn_cell.BasicLSTMCell
    tf.contrib = types.SimpleNamespace(rnn=types.SimpleNamespace(BasicLSTMCell=cell))
    sys.modules["tensorflow"] = tf
    for name in (*LEFT_OUT, "visualize"):
        sys.modules[f"tensorlayer.{name}"] = mock.MagicMock()
    sys.path.insert(0, str(folder))
    tensorlayer = importlib.import_module("tensorlayer")
    model = importlib.import_module("model")
    model.vocab_size = recorded_inputs.VOCABULARY
    text = (folder / "train_txt2im.py").read_text(encoding="utf-8")
    function = text[text.index("def main_train():") : text.index(TRAINING)]
    function += textwrap.indent("return locals()\n", "    ")
    room = {**vars(model), **vars(tensorlayer.cost), "tl": tensorlayer, "model": model}
    room["batch_size"] = len(recorded_inputs.TOKENS)
    exec(compile(function, "train_txt2im.py", "exec"), room)
    return room["main_train"]()


def record(
    session: tf.Session, graph: dict[str, Any], variables: dict[str, tf.Variable]
) -> Goldens:
    """Runs the graph on the recorded inputs."""
    session.run(tf.global_variables_initializer())
    for name, variable in variables.items():
        value = recorded_inputs.weight(name, variable.shape.as_list())
        variable.load(value, session)
    wrong = list(recorded_inputs.WRONG)
    images, tokens = recorded_inputs.images(), np.array(recorded_inputs.TOKENS)
    feed = {
        graph["t_real_image"]: images,
        graph["t_wrong_image"]: images[wrong],
        graph["t_real_caption"]: tokens,
        graph["t_wrong_caption"]: tokens[wrong],
        graph["t_z"]: recorded_inputs.noise(),
    }
    # Before anything moves the statistics of batch norms.
    drawn = session.run(graph["net_g"].outputs, feed)
    last = "generator/g_h5/batch_norm/moving_"
    trained = session.run(graph["net_fake_image"].outputs, feed)
    fetched = {
        "text": graph["net_rnn"].outputs,
        "image": graph["x"],
        "logits/fake": graph["disc_fake_image_logits"],
        "logits/real": graph["disc_real_image_logits"],
        "logits/wrong": graph["disc_mismatch_logits"],
        "loss/critic": graph["d_loss"],
        "loss/generator": graph["g_loss"],
        "loss/text": graph["rnn_loss"],
    }
    sizes = [
        " ".join([name, *map(str, variable.shape.as_list())])
        for name, variable in variables.items()
    ]
    found = {
        "parameters": np.array(sizes),
        "fakes/inference": recorded_inputs.thinned(drawn),
        "fakes/training": recorded_inputs.thinned(trained),
        "statistics/mean": session.run(variables[f"{last}mean"]),
        "statistics/variance": session.run(variables[f"{last}variance"]),
    }
    found |= {
        name: np.squeeze(value) for name, value in session.run(fetched, feed).items()
    }
    return found | gradients(session, graph, feed)


def gradients(
    session: tf.Session, graph: dict[str, Any], feed: dict[tf.Tensor, np.ndarray]
) -> Goldens:
    """Records of each gradient its norm and its share of a direction."""
    learnt = {
        "d_loss": graph["d_vars"],
        "g_loss": graph["g_vars"],
        "rnn_loss": graph["rnn_vars"] + graph["cnn_vars"],
    }
    found = {}
    for loss, variables in learnt.items():
        computed = [
            tf.convert_to_tensor(one) for one in tf.gradients(graph[loss], variables)
        ]
        values = session.run(computed, feed)
        for variable, value in zip(variables, values, strict=True):
            name = variable.op.name
            share = np.sum(
                value.astype(np.float64) * recorded_inputs.direction(name, value.shape)
            )
            found[f"gradient/{name}"] = np.array([np.linalg.norm(value), share])
    return found


if __name__ == "__main__":
    main()
