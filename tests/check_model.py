"""The promises that every VideoModel keeps; a model's test is one list of them.

Building a model and tracing its functions take most of the time. So the checks of a case
share two models, which each check finds in the state in which they were built, and one
check only runs a graph.

CASE = check_model.Case(make_model=lambda seed: ForeGAN(width=4, seed=seed),
                        spec=clip.ClipSpec(4, 16, 16, has_masks=True, has_flow=True))

@pytest.mark.parametrize("check", check_model.CHECKS, ids=check_model.name)
def test_conformance(check, monkeypatch): check(CASE, monkeypatch)
"""

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import clip, seeds, signatures
from tfvideogan.models import base
from tfvideogan.serving.export import checked

BATCH = 2
# Float32 sums in another order: relative to weights of order 0.1.
TOLERANCE = 2e-5


@dataclasses.dataclass(frozen=True)
class Case:
    """A tiny model.

    Attributes:
      make_model: takes a seed, returns the unbuilt model.
      spec: of a training clip.
      draw: of a shape, what stands in for random numbers where replicas are compared;
        alike for all examples.
    """

    make_model: Callable[[int], base.VideoModel]
    spec: clip.ClipSpec
    draw: Callable[[Sequence[int | tf.Tensor]], tf.Tensor] = lambda shape: tf.fill(
        shape, 0.25
    )

    def build(self, seed: int = 0) -> base.VideoModel:
        """Returns the built model."""
        model = self.make_model(seed)
        model.build_for(self.spec)
        return model

    def model(self) -> base.VideoModel:
        """Returns the model of seed 0 that checks share, as it was when it was built."""
        return _shared(self).model(0)

    def twin(self) -> base.VideoModel:
        """Returns a second model like `model`, as it was when it was built."""
        return _shared(self).model(1)

    def batch(self, size: int = BATCH, seed: int = 3) -> dict[str, tf.Tensor]:
        """Returns a plausible random batch: smooth frames, a square object, slow flow."""
        root = seeds.from_int(seed)
        found = {}
        numbers = {"labels": self.spec.num_classes}
        numbers["caption_tokens"] = self.spec.vocabulary_size
        numbers["caption_lengths"] = self.spec.caption_length
        for key, shape in self.spec.shapes().items():
            if key in clip.WHOLE_CLIP_KEYS:
                found[key] = seeds.integers(
                    [size, *shape], seeds.fold(root, key), numbers[key]
                )
                continue
            draw = seeds.uniform([size, *shape], seeds.fold(root, key), -1.0, 1.0)
            found[key] = 2.0 * draw if key.endswith("flow") else draw
        if "foreground_masks" in found:
            height, width = self.spec.height, self.spec.width
            inside = np.zeros((size, self.spec.frames, height, width, 1), np.float32)
            inside[:, :, height // 4 : 3 * height // 4, width // 4 : 3 * width // 4] = 1
            found["foreground_masks"] = tf.constant(inside)
        return found


class _Shared:
    """What the checks of a case have in common, made when it is first asked for."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.built: dict[int, tuple[base.VideoModel, list[np.ndarray]]] = {}
        self.num_variables = 0

    def model(self, number: int) -> base.VideoModel:
        """Returns one of the models in its first state."""
        if number not in self.built:
            made = self.case.build()
            # Before any step: one could make more.
            self.num_variables = len(made.variables)
            self.built[number] = (made, _values(_state(made)))
        model, start = self.built[number]
        _restore(model, start)
        return model

    @functools.cached_property
    def logs(self) -> dict[str, tf.Tensor]:
        """Logs of the first eager step."""
        with eagerly():
            return self.model(0).train_step(self.case.batch())


@functools.lru_cache(maxsize=1)
def _shared(case: Case) -> _Shared:
    # The models of one case, so that a process holds one family at a time.
    return _Shared(case)


@contextlib.contextmanager
def eagerly() -> Iterator[None]:
    """Runs a model's own `tf.function`s operation by operation, untraced.

    The first step of a tiny ForeGAN takes 3 s of CPU instead of 10.
    """
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


def name(check: Callable[..., None]) -> str:
    """Returns a check's name for pytest."""
    return check.__name__


def wave(shape: Sequence[int | tf.Tensor] | tf.Tensor) -> tf.Tensor:
    """Values in [0, 0.5] that differ within an example, for models with batch norm.

    Were they all the same, it would divide by a variance of nothing but rounding.
    """
    shape = tf.convert_to_tensor(shape, tf.int32)  # [number of axes]
    if shape.shape[0] == 0:
        return tf.constant(0.25)
    row = tf.cast(tf.range(tf.reduce_prod(shape[1:])), tf.float32)
    one = tf.reshape(tf.cos(row), tf.concat([[1], shape[1:]], axis=0))
    return tf.broadcast_to(0.25 + 0.25 * one, shape)


def builds_and_names_its_phases(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Building makes every variable; every network is changed by some phase."""
    model = case.model()
    changed = [network for one in model.phases for network in one.networks]
    assert set(changed) == set(model.networks)
    assert set(model.averaged_networks) <= set(model.networks)
    assert _shared(case).logs  # a step was made
    assert len(model.variables) == _shared(case).num_variables


@eagerly()
def outputs_have_shape_and_range(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outputs look like the clips they are compared with; samples lie in [-1, 1]."""
    model, batch = case.model(), case.batch()
    outputs = model.evaluation_outputs(batch)
    for key in set(outputs) & set(batch):
        assert outputs[key].shape == batch[key].shape, key
    for key, value in model.sample_clips(batch).items():
        assert value.shape[:4] == batch["frames"].shape[:4], key
        assert value.shape[4] in (1, 3), key
        assert value.dtype == tf.float32, key
        assert float(tf.reduce_max(tf.abs(value))) <= 1.0 + 1e-5, key


@eagerly()
def a_phase_changes_its_networks_only(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Running one phase leaves the trainable variables of all other networks alone."""
    for one in case.model().phases:
        model = case.model()
        before = {k: _values(n.trainable_variables) for k, n in model.networks.items()}
        model.train_step(case.batch(), active=(one.name,))
        for key, network in model.networks.items():
            after = _values(network.trainable_variables)
            is_same = all(
                np.array_equal(old, new)
                for old, new in zip(before[key], after, strict=True)
            )
            # Spectral norm rescales a critic's kernel whenever the critic trains.
            assert is_same == (key not in one.networks), (one.name, key)


def losses_are_finite_and_named(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every log is a finite float32 scalar; losses carry their phase's name."""
    logs = _shared(case).logs
    for key, value in logs.items():
        assert value.dtype == tf.float32 and value.shape == (), key
        assert np.isfinite(float(value)), key
    for one in case.model().phases:
        update = one.joins or one.name
        assert any(key.startswith(f"{update}/") for key in logs), one.name
        assert f"grad_norm/{update}" in logs


@eagerly()
def the_seed_decides(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same seed gives the same start and step; another, another start and step.

    But for rounding: on a busy machine ForeGAN's weights were seen to differ by 7.6e-8,
    because threads may add up in another order.
    """
    _sgd_for_adam(monkeypatch)
    model, twin, other = case.build(), case.build(), case.build(seed=2)
    start = _values(_state(model))
    np.testing.assert_array_equal(_weights(model), _weights(twin))
    assert np.abs(_weights(other) - _weights(model)).max() > 2 * TOLERANCE
    model.train_step(case.batch())
    twin.train_step(case.batch())
    first = _weights(model)
    np.testing.assert_allclose(first, _weights(twin), atol=TOLERANCE)
    # From the same start it goes another way.
    _restore(twin, start)
    monkeypatch.setattr(twin, "seed", 2)
    twin.train_step(case.batch())
    assert np.abs(_weights(twin) - first).max() > 2 * TOLERANCE


def eager_equals_graph(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step in a graph changes the weights as the eager step does."""
    _sgd_for_adam(monkeypatch)
    model = case.build()
    start = _values(_state(model))
    with eagerly():
        model.train_step(case.batch())
    eager = _weights(model)
    _restore(model, start)
    tf.function(model.train_step)(case.batch())
    np.testing.assert_allclose(eager, _weights(model), atol=TOLERANCE)


@eagerly()
def two_replicas_equal_one(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two replicas with a half each give the weights of one with the whole.

    Draws are alike for all examples, and so are the halves: the mathematics is compared,
    not luck. Step by step, not in a graph: tracing it for two replicas takes three times
    as long, and the tests of the engine have such graphs.
    """
    monkeypatch.setattr(seeds, "normal", lambda shape, seed: case.draw(shape))
    monkeypatch.setattr(seeds, "uniform", lambda shape, seed, *bounds: case.draw(shape))
    monkeypatch.setattr(
        seeds, "integers", lambda shape, seed, maxval: tf.zeros(shape, tf.int32)
    )
    _sgd_for_adam(monkeypatch)
    model = case.build()
    # Alike for every update that has examples of its own, too.
    half = {
        key: tf.repeat(value, model.batches_per_step, axis=0)
        for key, value in case.batch(1).items()
    }
    whole = {key: tf.concat([value, value], axis=0) for key, value in half.items()}
    model.train_step(whole)
    devices = [device.name for device in tf.config.list_logical_devices("CPU")]
    # Collectives between two threads of one eager process may deadlock or mix up.
    strategy = tf.distribute.MirroredStrategy(
        devices, cross_device_ops=tf.distribute.ReductionToOneDevice()
    )
    with strategy.scope():
        mirrored = case.build()
    strategy.run(mirrored.train_step, args=(half,))
    np.testing.assert_allclose(_weights(model), _weights(mirrored), atol=TOLERANCE)


@eagerly()
def half_precision_stays_finite(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under mixed_bfloat16 variables and losses are float32 and finite."""
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = case.build()
        logs = model.train_step(case.batch())
    finally:
        keras.config.set_dtype_policy("float32")
    assert all(np.isfinite(float(value)) for value in logs.values())
    assert all(v.dtype == "float32" for v in model.trainable_variables)


@eagerly()
def checkpoints_hold_everything(
    case: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: str
) -> None:
    """A restored model goes on exactly where the saved one would."""
    model, batch = case.model(), case.batch()
    model.train_step(batch)
    path = tf.train.Checkpoint(**model.checkpoint_items()).write(f"{tmp_path}/saved")
    again = case.twin()
    status = tf.train.Checkpoint(**again.checkpoint_items()).read(path)
    status.assert_consumed()
    model.train_step(batch)
    again.train_step(batch)
    np.testing.assert_array_equal(_weights(model), _weights(again))
    np.testing.assert_array_equal(_flat(model.ema.averages), _flat(again.ema.averages))


def saved_models_answer_alike(
    case: Case, monkeypatch: pytest.MonkeyPatch, tmp_path: str
) -> None:
    """Each serving function, saved and loaded, gives the model's own numbers."""
    model = case.model()
    module = checked.SignatureModule(model.serving_functions())
    tf.saved_model.save(module, f"{tmp_path}/saved", signatures=module.concrete)
    loaded = tf.saved_model.load(f"{tmp_path}/saved")
    for verb, served in model.serving_functions().items():
        inputs = {key: _example(served, key, case) for key in served.inputs}
        expected = served.function(**inputs)
        answers = loaded.signatures[verb](**inputs)
        assert set(answers) == set(served.outputs) == set(expected)
        for key, value in expected.items():
            if value.dtype == tf.string:
                np.testing.assert_array_equal(answers[key], value, err_msg=key)
                continue
            difference = np.abs(
                np.asarray(answers[key], np.float64) - np.asarray(value, np.float64)
            )
            # Bytes may round to either side of a half.
            most = difference.max(initial=0.0)  # a chunk may have no answer yet
            assert most <= (1 if value.dtype == tf.uint8 else 1e-5), key


CHECKS = (
    builds_and_names_its_phases,
    outputs_have_shape_and_range,
    a_phase_changes_its_networks_only,
    losses_are_finite_and_named,
    the_seed_decides,
    eager_equals_graph,
    two_replicas_equal_one,
    half_precision_stays_finite,
)
FILE_CHECKS = (checkpoints_hold_everything, saved_models_answer_alike)
# They trace or repeat whole steps: half a minute each for a model of long rollouts. Small
# models (the toy, the classifier) have them in every run.
COSTLY = (
    checkpoints_hold_everything,
    the_seed_decides,
    eager_equals_graph,
    two_replicas_equal_one,
    half_precision_stays_finite,
    saved_models_answer_alike,
)


def of_large_model(checks: Sequence[Callable[..., None]]) -> list[Any]:
    """Returns checks as parameters, the costly ones marked long."""
    return [
        pytest.param(check, marks=pytest.mark.long) if check in COSTLY else check
        for check in checks
    ]


def _example(served: signatures.ServingFunction, key: str, case: Case) -> tf.Tensor:
    """Fills the open axes of an input: the batch, time as the name says, and sides."""
    spec, frames = served.inputs[key], case.spec.frames
    open_sizes = [BATCH, frames - ("flow" in spec.name), frames, frames, frames]
    shape = [
        free if size is None else size
        for size, free in zip(spec.shape, open_sizes, strict=False)
    ]
    if spec.dtype == tf.string:
        return tf.fill(shape, tf.constant(served.rules[key].example))
    draw = seeds.uniform(shape, seeds.fold(seeds.from_int(4), spec.name))
    # A seed may be any integer; 0 is a label in every set of them.
    return tf.cast(draw * 255.0 if spec.dtype == tf.uint8 else draw, spec.dtype)


def _sgd_for_adam(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets models that are built from here on be compared after a step.

    Adam turns the rounding of a zero gradient into a full step; SGD does not.
    """
    monkeypatch.setattr(
        keras.optimizers, "Adam", lambda *_, **__: keras.optimizers.SGD(1e-2)
    )


def _state(model: base.VideoModel) -> list[tf.Variable]:
    """Everything that a step may change."""
    found = []
    for item in model.checkpoint_items().values():
        found += [item] if isinstance(item, tf.Variable) else item.variables
    return found


def _restore(model: base.VideoModel, state: Sequence[np.ndarray]) -> None:
    for variable, value in zip(_state(model), state, strict=True):
        variable.assign(value)


def _weights(model: base.VideoModel) -> np.ndarray:
    return _flat(v for n in model.networks.values() for v in n.trainable_variables)


def _flat(variables: object) -> np.ndarray:
    flat = [value.ravel() for value in _values(variables)]
    return np.concatenate([np.zeros(0, np.float32), *flat])


def _values(variables: object) -> list[np.ndarray]:
    return [keras.ops.convert_to_tensor(one).numpy() for one in variables]
