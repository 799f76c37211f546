"""Keras' own methods on a model: they work, or say in one line what to do."""

import pathlib
from collections.abc import Callable

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.engine import toy
from tfvideogan.core import clip, errors

SPEC = clip.ClipSpec(3, 8, 8, has_masks=True)


def built() -> toy.ToyGAN:
    model = toy.ToyGAN()
    model.build_for(SPEC)
    model.compile()
    return model


def arrays(clips: int = 4) -> dict[str, np.ndarray]:
    return {k: one.numpy() for k, one in clip.zeros_like_spec(SPEC, clips).items()}


def test_arrays_of_numpy_are_trained_on() -> None:
    model = built()
    history = model.fit(arrays(), batch_size=2, epochs=1, verbose=0).history
    assert int(model.step.numpy()) == 2 and "critic/adversarial" in history
    model.train_on_batch(arrays(2))
    assert int(model.step.numpy()) == 3


@pytest.mark.parametrize(
    "strategy",
    [
        lambda: tf.distribute.MirroredStrategy(["CPU:0"]),
        lambda: tf.distribute.OneDeviceStrategy("CPU:0"),
    ],
)
def test_a_model_of_the_scope_is_trained_outside_of_it(
    strategy: Callable[[], tf.distribute.Strategy],
) -> None:
    with strategy().scope():
        model = toy.ToyGAN()
        model.build_for(SPEC)
    model.compile()
    model.fit(arrays(), batch_size=2, epochs=1, verbose=0)
    assert int(model.step.numpy()) == 2


def fit_in_another_scope() -> None:
    model = built()
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        model.fit(arrays(), batch_size=2, verbose=0)


def fit_before_it_is_built() -> None:
    model = toy.ToyGAN()
    model.compile()
    model.fit(arrays(), batch_size=2, verbose=0)


def fit(given: object) -> Callable[[], object]:
    return lambda: built().fit(given, batch_size=2, verbose=0)


FRAMES = arrays()["frames"]
BYTES = {**arrays(), "frames": FRAMES.astype(np.uint8)}


@pytest.mark.parametrize(
    "call, said",
    [
        (fit_before_it_is_built, r"toygan has no variables yet; call `model.build_for"),
        (fit_in_another_scope, "built outside the scope of MirroredStrategy; make it"),
        (
            lambda: built().compile(loss="mse"),
            "has losses and optimizers of its own; call `compile\\(\\)` without loss,",
        ),
        (fit(FRAMES), "A batch is a dict with frames, foreground_masks, but is a"),
        (
            fit({"frames": FRAMES}),
            "The batch has no `foreground_masks`; it holds frames",
        ),
        (fit(BYTES), "`frames` of the batch is uint8, but must be float32"),
        (lambda: built().evaluate(arrays(), verbose=0), "has no loss that judges it"),
        (
            lambda: built().get_config(),
            "cannot be written as a Keras configuration: a gin",
        ),
        (
            lambda: built().save("model.keras"),
            "cannot be written as a Keras configuration",
        ),
        (lambda: keras.models.clone_model(built()), "cannot be written as a Keras"),
        (lambda: built().export("folder"), "`tfvideogan export`"),
    ],
)
def test_what_does_not_work_is_one_line(
    call: Callable[[], object],
    said: str,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(errors.UserError, match=said) as caught:
        call()
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_data_set_may_leave_sizes_open() -> None:
    batch = arrays(2)
    kinds = {k: tf.TensorSpec([None] * one.ndim, one.dtype) for k, one in batch.items()}
    data = tf.data.Dataset.from_generator(lambda: iter([batch]), output_signature=kinds)
    model = built()
    model.fit(data.repeat(), steps_per_epoch=1, verbose=0, shuffle=False)
    assert int(model.step.numpy()) == 1


# Keras 3.15 of itself, with NumPy 2.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_weights_go_through_a_file_of_keras(tmp_path: pathlib.Path) -> None:
    model, other = built(), built()
    model.fit(arrays(), batch_size=2, verbose=0)
    path = tmp_path / "toy.weights.h5"
    model.save_weights(path)
    other.load_weights(path)
    for one, same in zip(model.variables, other.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), same.numpy())
