"""Writes a plain signature as a SavedModel, checked before it is published.

    plain/foregan_predict/1/saved_model.pb            weights and network in one file
    plain/foregan_predict/1/assets.extra/plain.json   what goes in and what comes out
    plain/foregan_predict/1/assets.extra/example.npz  "inputs/<name>" and "outputs/<name>"

The example is what the model itself answers; with it a conversion can be checked where no
TensorFlow is.
"""

import json
import pathlib
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from tfvideogan.core import signatures
from tfvideogan.serving.export import exporter, publishing, warmup
from tfvideogan.serving.export.plain import plain

CARD = "assets.extra/plain.json"
EXAMPLE = "assets.extra/example.npz"
OPSET = 18
INPUTS, OUTPUTS = "inputs/", "outputs/"
# What no other runtime has, or not all have, by how the operation's name begins.
FORBIDDEN = (
    "Assert",
    "EmptyTensorList",
    "Lookup",
    "MatrixSolve",
    "Print",
    "Ragged",
    "Random",
    "ReadVariableOp",
    "Regex",
    "StatelessRandom",
    "String",
    "TensorList",
    "VarHandleOp",
)
_COMMANDS = """\
ONNX, such as onnxruntime:
  python -m tf2onnx.convert --saved-model={folder} --opset={opset} --output={name}.onnx
OpenVINO, in full precision:
  ovc {folder} --compress_to_fp16=False --output_model={name}.xml
TFLite and LiteRT:
  python -c "import tensorflow as tf; open('{name}.tflite', 'wb').write(
  tf.lite.TFLiteConverter.from_saved_model({path!r}).convert())"
"""


def write(
    made: plain.Plain,
    about: Mapping[str, Any],
    *,
    base: pathlib.Path,
    version: int,
) -> tuple[pathlib.Path, float]:
    """Writes, checks and publishes a plain signature.

    Args:
      made: the signature.
      about: what only the training side knows, for the card; can be JSON.
      base: folder of the signature's versions.
      version: must not exist.

    Returns:
      Its folder, and how far a float of it is from the model's own, see
      `exporter.Difference`.

    Raises:
      UserError: the folder cannot be made.
      ExportFault: the answers differ, or an operation is TensorFlow's alone.
    """
    inputs, outputs = example(made)
    with publishing.unfinished(base, version) as folder:
        options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
        tf.saved_model.save(
            tf.Module(),
            str(folder),
            signatures={signatures.DEFAULT: made.function},
            options=options,
        )
        check_operations(folder)
        loaded = tf.saved_model.load(str(folder)).signatures[signatures.DEFAULT]
        answers = loaded(**{key: tf.constant(one) for key, one in inputs.items()})
        gaps = [
            exporter.gap(
                made.name, key, own, answers[key].numpy(), made.served.tolerance
            )
            for key, own in outputs.items()
        ]
        extra = (folder / CARD).parent
        extra.mkdir(exist_ok=True)
        text = json.dumps({**about, **described(made)}, indent=1)
        (folder / CARD).write_text(text + "\n", encoding="utf-8")
        named = {INPUTS + key: one for key, one in inputs.items()}
        named |= {OUTPUTS + key: one for key, one in outputs.items()}
        np.savez(folder / EXAMPLE, **named)
        final = publishing.publish(folder, base, version)
    return final, max(one.largest for one in gaps)


def example(
    made: plain.Plain, seed: int = 0
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Returns drawn inputs of a plain signature, and what the model itself answers."""
    random = np.random.default_rng(seed)
    drawn = {
        key: warmup.draw(
            random, spec.shape.as_list(), spec.dtype, made.served.rules.get(key)
        )
        for key, spec in made.specs.items()
    }
    own = made.served.function(**{key: tf.constant(one) for key, one in drawn.items()})
    further = made.further_inputs(drawn)
    inputs = {
        key: further[key].numpy() if key in further else drawn[key]
        for key in made.inputs
    }
    return inputs, {made.renamed[key]: own[key].numpy() for key in made.renamed}


def described(made: plain.Plain) -> dict[str, Any]:
    """Returns the card of a plain signature."""
    answers = made.function.structured_outputs
    return {
        "signature": made.name,
        "about": made.served.about,
        "inputs": {
            key: {
                "dtype": one.spec.dtype.name,
                "shape": one.spec.shape.as_list(),
                "range": one.range,
                "about": one.about,
            }
            for key, one in made.inputs.items()
        },
        "outputs": {
            key: {
                "dtype": answers[key].dtype.name,
                "shape": answers[key].shape.as_list(),
                "about": text,
            }
            for key, text in made.outputs.items()
        },
        "left_out": dict(made.left_out),
    }


def listing(made: plain.Plain, folder: pathlib.Path, largest: float) -> str:
    """Returns what was written, and the commands that convert it."""
    card = described(made)
    lines = [f"{folder}", f"{made.name}: {made.served.about}"]
    for side in ("inputs", "outputs"):
        lines.append(f"{side}:")
        lines += [
            f"  {key}: {one['dtype']} {one['shape']}, {one['about']}"
            for key, one in card[side].items()
        ]
    if made.left_out:
        left = ", ".join(f"{key} ({why})" for key, why in made.left_out.items())
        lines.append(f"left out: {left}")
    lines.append(f"answers as the model does, floats within {largest:.1e}")
    name = folder.parent.name
    commands = _COMMANDS.format(
        folder=shlex.quote(str(folder)), path=str(folder), name=name, opset=OPSET
    )
    return "\n".join([*lines, "", commands.rstrip()])


def check_operations(folder: pathlib.Path) -> None:
    """Checks that a SavedModel has no operation that only TensorFlow has.

    Raises:
      ExportFault: it has one.
    """
    for name in sorted(operations(folder)):
        if name.startswith(FORBIDDEN):
            raise exporter.ExportFault(
                f"the plain graph holds {name}, which other runtimes do not have."
            )


def operations(folder: pathlib.Path) -> set[str]:
    """Returns the types of operations of a signature's graph."""
    saved = saved_model_pb2.SavedModel.FromString(
        (folder / publishing.GRAPH).read_bytes()
    )
    functions: Iterable[Any] = (
        one
        for graph in saved.meta_graphs
        for one in graph.graph_def.library.function
        # The loader and saver of variables, of which there are none.
        if "traced_save" not in one.signature.name
        and "traced_restore" not in one.signature.name
    )
    return {node.op for one in functions for node in one.node_def}
