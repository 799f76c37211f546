"""What is written can be read elsewhere, and answers as the model."""

import json

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.serving.export import exporter
from tfvideogan.serving.export.plain import writing


def test_the_model_draws_and_parses_what_its_plain_form_is_given(made):
    inputs, outputs = writing.example(made)
    # The example of the rule is "down up".
    assert inputs["tokens"].tolist() == [[2, 1, 0]]
    np.testing.assert_array_equal(outputs["drawn"], inputs["noise_normal"])
    answers = made.function(**{key: tf.constant(one) for key, one in inputs.items()})
    assert set(outputs) == set(answers)
    for key, own in outputs.items():
        np.testing.assert_allclose(answers[key], own, rtol=1e-5, atol=1e-5)


def test_what_is_written_has_no_operation_of_tensorflow_alone(made, tmp_path):
    folder, largest = writing.write(made, {"step": 7}, base=tmp_path / "toy", version=1)
    assert folder == tmp_path / "toy" / "1" and largest <= 1e-5
    found = writing.operations(folder)
    assert "Mul" in found
    assert not [one for one in found if one.startswith(writing.FORBIDDEN)]
    card = json.loads((folder / writing.CARD).read_text())
    assert card["step"] == 7 and card["outputs"]["level_out"]["dtype"] == "int32"
    with np.load(folder / writing.EXAMPLE) as stored:
        assert stored["inputs/tokens"].tolist() == [[2, 1, 0]]
        assert stored["outputs/running"].shape == (1, 3, 2)
    said = writing.listing(made, folder, largest)
    assert f"--saved-model={folder}" in said and "left out: seed" in said
    blank = tmp_path / "my plain" / "1"
    said = writing.listing(made, blank, largest)
    assert f"--saved-model='{blank}'" in said and f"ovc '{blank}' " in said


def test_a_forbidden_operation_is_named(tmp_path):
    @tf.function(input_signature=[tf.TensorSpec([2, 2], tf.float32, "x")])
    def solve(x):
        return {"y": tf.linalg.solve(x, x)}

    tf.saved_model.save(tf.Module(), str(tmp_path), signatures={"f": solve})
    with pytest.raises(exporter.ExportFault, match="holds MatrixSolve"):
        writing.check_operations(tmp_path)
