"""Reads a plain export by another runtime and compares its answer with the example.

    python -m tests.serving.export.plain.runtimes onnxruntime FOLDER

Prints JSON: for each output the greatest difference, absolute below 1 and relative above.
In a process of its own, as a converter may take the process with it.
"""

import importlib
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

# TensorFlow reads it when it is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import tensorflow as tf

from tests import source_tree
from tfvideogan.serving.export.plain import writing

# What each needs, as it is imported.
PACKAGES = {
    "onnxruntime": ("tf2onnx", "onnxruntime"),
    "openvino": ("openvino",),
    "tflite": ("ai_edge_litert",),
}
PATIENCE = 1800  # seconds


def missing(runtime: str) -> str:
    """Returns why a runtime cannot be tried here; empty if it can."""
    absent = [one for one in PACKAGES[runtime] if not importlib.util.find_spec(one)]
    return f"{', '.join(absent)} not installed: pip install -e .[plain]" * bool(absent)


def differences(runtime: str, folder: pathlib.Path) -> dict[str, float]:
    """Returns by how much the outputs differ, found in a process of its own.

    Raises:
      RuntimeError: the runtime cannot read the export, with its last words.
    """
    done = subprocess.run(
        [sys.executable, "-m", __spec__.name, runtime, str(folder)],
        cwd=source_tree.ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"exit {done.returncode}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def to_onnx(folder: pathlib.Path) -> pathlib.Path:
    """Converts a plain export, as `writing.listing` says."""
    path = folder.parent / "model.onnx"
    if not path.exists():
        flags = [f"--saved-model={folder}", f"--output={path}"]
        subprocess.run(
            [
                *(sys.executable, "-m", "tf2onnx.convert"),
                *(*flags, f"--opset={writing.OPSET}"),
            ],
            check=True,
        )
    return path


def by_onnxruntime(folder: pathlib.Path, inputs: Mapping) -> dict[str, np.ndarray]:
    """Answers with onnxruntime."""
    onnxruntime = importlib.import_module("onnxruntime")
    session = onnxruntime.InferenceSession(
        str(to_onnx(folder)), providers=["CPUExecutionProvider"]
    )
    names = [one.name for one in session.get_outputs()]
    given = {one.name: inputs[one.name] for one in session.get_inputs()}
    return dict(zip(names, session.run(None, given), strict=True))


def by_openvino(folder: pathlib.Path, inputs: Mapping) -> dict[str, np.ndarray]:
    """Answers with OpenVINO, in full precision."""
    openvino = importlib.import_module("openvino")
    model = openvino.convert_model(str(folder))
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(model, "CPU", options)
    found = compiled({one: inputs[_name(one)] for one in compiled.inputs})
    return {_name(one): found[one] for one in compiled.outputs}


def by_tflite(folder: pathlib.Path, inputs: Mapping) -> dict[str, np.ndarray]:
    """Answers with LiteRT, by its own operations alone."""
    interpreter = importlib.import_module("ai_edge_litert.interpreter")
    content = tf.lite.TFLiteConverter.from_saved_model(str(folder)).convert()
    run = interpreter.Interpreter(model_content=content).get_signature_runner()
    return run(**{name: inputs[name] for name in run.get_input_details()})


def _name(port: Any) -> str:
    """Returns the name of an input or output; OpenVINO may know it by several."""
    return min((one.partition(":")[0] for one in port.get_names()), key=len)


RUNTIMES = {
    "onnxruntime": by_onnxruntime,
    "openvino": by_openvino,
    "tflite": by_tflite,
}


def main(runtime: str, folder: pathlib.Path) -> int:
    """Compares and prints."""
    with np.load(folder / writing.EXAMPLE) as stored:
        example = dict(stored)
    inputs = {
        key.removeprefix(writing.INPUTS): one
        for key, one in example.items()
        if key.startswith(writing.INPUTS)
    }
    answers = RUNTIMES[runtime](folder, inputs)
    found = {}
    for key in (one for one in example if one.startswith(writing.OUTPUTS)):
        own = example[key].astype(np.float64)
        other = answers[key.removeprefix(writing.OUTPUTS)]
        if own.shape != other.shape:
            raise ValueError(f"{key} is {other.shape}, not {own.shape}.")
        is_whole = other.dtype.kind != "f"
        scale = 1.0 if is_whole else np.maximum(np.abs(own), 1.0)
        gap = np.max(np.abs(own - other.astype(np.float64)) / scale)
        found[f"{other.dtype.name} {key}"] = float(gap)
    sys.stdout.write(f"{json.dumps(found)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2])))
