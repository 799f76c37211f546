"""An export is what the model is, or is not published."""

import numpy as np
import pytest
import tensorflow as tf

from tests.serving import painter
from tfvideogan.core import signatures
from tfvideogan.serving.export import (
    card,
    checked,
    exporter,
    publishing,
    replay,
    warmup,
)


def export(base, served=None, **options) -> exporter.Exported:
    served = served or painter.Painter().serving_functions()
    return exporter.export(
        served, {"step": 5}, base=base, version=1, **{"batch_sizes": (1, 2)} | options
    )


@pytest.mark.slow
def test_a_fresh_process_answers_as_the_model(tmp_path):
    exported = export(tmp_path / "painter")
    assert exported.folder == tmp_path / "painter" / "1"
    # Two batch sizes and a drawn one.
    assert [(one.signature, one.requests) for one in exported.differences] == [
        ("serving_default", 3),
        ("predict", 3),
        ("predict_next", 3),
    ]
    assert all(one.largest <= 1e-6 for one in exported.differences)
    written = card.read(exported.folder)
    assert written["warm_up"] == {"batch_sizes": [1, 2]} and written["step"] == 5
    assert [one["signature"] for one in written["checked"]] == list(
        written["signatures"]
    )
    assert len(list(warmup.read_file(exported.folder / warmup.PATH))) == 6


@pytest.mark.slow
def test_an_export_that_refuses_its_own_requests_is_not_published(tmp_path):
    def refuse(x: tf.Tensor) -> dict[str, tf.Tensor]:
        check = tf.debugging.Assert(tf.reduce_all(x > 0), ["only positive numbers"])
        with tf.control_dependencies([check]):
            return {"x": tf.identity(x)}

    served = {
        "predict": signatures.ServingFunction(
            refuse, {"x": tf.TensorSpec([None], tf.float32, "x")}, {"x": "[N]"}
        )
    }
    with pytest.raises(replay.ReplayFailed, match="only positive numbers"):
        export(tmp_path / "m", served)
    assert list((tmp_path / "m").iterdir()) == []


def fake_process(monkeypatch, change) -> None:
    """Answers in this process, spoilt by `change`."""

    def answers(folder, scratch, requests):
        for answer in replay.replay(folder, [folder / warmup.PATH, requests]):
            yield change(dict(answer))

    monkeypatch.setattr(replay, "in_fresh_process", answers)


def spoil(key: str, amount: float):
    def change(answer: dict) -> dict:
        spoilt = answer[key].copy()
        spoilt.reshape(-1)[0] += np.asarray(amount, spoilt.dtype)
        return answer | {key: spoilt}

    return change


@pytest.mark.parametrize(
    ("key", "amount"),
    [("brightness", 1e-4), ("brightness", np.nan), ("video", 2)],
)
def test_an_export_that_differs_is_not_published(tmp_path, monkeypatch, key, amount):
    fake_process(monkeypatch, spoil(key, amount))
    with pytest.raises(
        exporter.ExportFault, match=f"`{key}` of serving_default differs"
    ):
        export(tmp_path / "m")
    assert publishing.versions(tmp_path / "m") == []


def test_bytes_may_round_to_either_side_and_the_share_is_told(tmp_path, monkeypatch):
    fake_process(monkeypatch, spoil("video", 1))
    exported = export(tmp_path / "m", batch_sizes=(1,))
    first = exported.differences[0]
    # Two requests of 1 x 2 x 4 x 4 x 3 = 96 bytes, one byte off in each.
    assert (first.largest_byte, first.share_of_bytes) == (1, 2 / 192)
    assert first.text().endswith("bytes within 1 (1.04% differ)")


def test_another_shape_is_a_fault(tmp_path, monkeypatch):
    fake_process(monkeypatch, lambda answer: answer | {"video": answer["video"][:, 1:]})
    with pytest.raises(exporter.ExportFault, match=r"`video` .* has shape \(1, 1, 4"):
        export(tmp_path / "m")


def saved(tmp_path, function) -> None:
    spec = tf.TensorSpec([None], tf.float32, "x")
    served = signatures.ServingFunction(function, {"x": spec}, {"x": "[N]"})
    module = checked.SignatureModule({"predict": served})
    tf.saved_model.save(module, str(tmp_path), signatures=module.concrete)


def test_hidden_randomness_is_a_fault(tmp_path):
    saved(tmp_path, lambda x: {"x": x + tf.random.normal(tf.shape(x))})
    with pytest.raises(exporter.ExportFault, match="holds RandomStandardNormal"):
        exporter.check_graph(tmp_path)


def test_xla_is_a_fault(tmp_path):
    compiled = tf.function(lambda x: x * 2.0, jit_compile=True)
    saved(tmp_path, lambda x: {"x": compiled(x)})
    with pytest.raises(exporter.ExportFault, match="compiled by XLA"):
        exporter.check_graph(tmp_path)


def test_python_in_the_graph_is_a_fault(tmp_path):
    def function(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {
            "x": tf.ensure_shape(tf.numpy_function(np.sin, [x], tf.float32), [None])
        }

    saved(tmp_path, function)
    with pytest.raises(exporter.ExportFault, match="holds PyFunc"):
        exporter.check_graph(tmp_path)


def test_seeded_randomness_is_welcome(tmp_path):
    saved(
        tmp_path,
        lambda x: {
            "x": x
            + tf.random.stateless_normal(
                tf.shape(x), [1, 2], alg=tf.random.Algorithm.PHILOX
            )
        },
    )
    exporter.check_graph(tmp_path)
