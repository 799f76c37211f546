"""The one train step: phases, shared forward pass, guard, counters, fit."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests import check_model
from tfvideogan.core import clip, errors
from tfvideogan.models import base, phase

SPEC = clip.ClipSpec(3, 4, 4)


class SharedGAN(base.VideoModel):
    """A scale and a shift of frames: small enough to be worked out by hand."""

    def __init__(self, *, every: int = 1, repeats: int = 1, **options: object) -> None:
        super().__init__(**options)
        self.every, self.repeats = every, repeats
        self.forward_passes = 0

    def build_networks(self, spec: clip.ClipSpec) -> None:
        self.generator = keras.layers.Dense(1, use_bias=False)
        self.critic = keras.layers.Dense(1, use_bias=False)
        for network in (self.generator, self.critic):
            network(tf.zeros([1, 1]))
            network.set_weights([np.ones([1, 1])])

    def make_phases(self) -> tuple[phase.Phase, ...]:
        return (
            phase.Phase(
                "critic",
                ("critic",),
                self.critic_losses,
                keras.optimizers.SGD(0.1),
                repeats=self.repeats,
            ),
            phase.Phase(
                "generator",
                ("generator",),
                self.generator_losses,
                keras.optimizers.SGD(0.1),
                every=self.every,
                trains_shared=True,
            ),
        )

    @property
    def networks(self) -> dict[str, keras.Layer]:
        return {"generator": self.generator, "critic": self.critic}

    @property
    def averaged_networks(self) -> tuple[str, ...]:
        return ("generator",)

    def shared_forward(self, batch, seed):
        self.forward_passes += 1
        means = tf.reduce_mean(batch["frames"], axis=[1, 2, 3, 4])[:, tf.newaxis]
        return {"fake": self.generator(means)}

    def critic_losses(self, batch, shared, seed):
        score = tf.reduce_mean(self.critic(shared["fake"]))
        return {"critic/fake": score}, {"logits/fake": score}

    def generator_losses(self, batch, shared, seed):
        return {"generator/fake": -tf.reduce_mean(self.critic(shared["fake"]))}, {}


def _built(**options: object) -> SharedGAN:
    model = SharedGAN(**options)
    model.build_for(SPEC)
    return model


def _frames(value: float) -> dict[str, tf.Tensor]:
    return {"frames": tf.fill([2, 3, 4, 4, 3], value)}


def _weights(model: SharedGAN) -> tuple[float, float]:
    return tuple(float(n.get_weights()[0][0, 0]) for n in model.networks.values())


def test_one_step_by_hand():
    model = _built()
    logs = model.train_step(_frames(2.0))
    # fake = 2; critic: 1 - 0.1 * 2 = 0.8; then the generator sees the new critic:
    # 1 + 0.1 * 2 * 0.8 = 1.16.
    generator, critic = _weights(model)
    assert critic == pytest.approx(0.8)
    assert generator == pytest.approx(1.16)
    assert float(logs["critic/fake"]) == pytest.approx(2.0)
    assert float(logs["generator/fake"]) == pytest.approx(-1.6)
    assert float(logs["grad_norm/critic"]) == pytest.approx(2.0)
    assert float(logs["learning_rate/generator"]) == pytest.approx(0.1)
    assert float(logs["skipped"]) == 0.0


def test_the_forward_pass_is_made_once_for_all_phases():
    model = _built(repeats=3)
    model.train_step(_frames(2.0))
    assert model.forward_passes == 1


def test_a_lazy_phase_runs_on_its_steps_only():
    model = _built(every=3)
    active = [model.active_phases(step) for step in range(4)]
    assert active == [("critic", "generator"), ("critic",), ("critic",), active[0]]
    model.train_step(_frames(2.0), active=("critic",))
    assert _weights(model) == pytest.approx((1.0, 0.8))


def test_fit_refuses_a_lazy_phase():
    with pytest.raises(errors.UserError, match="generator of sharedgan run on some"):
        _built(every=3).train_step(_frames(2.0))


def test_fit_trains_with_an_empty_compile():
    model = _built()
    model.compile()
    data = tf.data.Dataset.from_tensors(_frames(2.0)).repeat(2)
    history = model.fit(data, epochs=1, verbose=0, shuffle=False).history
    assert "generator/fake" in history
    assert int(model.step) == 2


def test_bad_steps_are_counted_and_change_nothing():
    model = _built()
    for bad in (True, True, False, True):
        before = _weights(model)
        logs = model.train_step(_frames(float("nan") if bad else 1.0))
        assert float(logs["skipped"]) == bad
        assert (_weights(model) == before) == bad
    assert int(model.step) == 4
    assert int(model.skipped_steps) == 3
    assert int(model.skipped_in_a_row) == 1


def test_the_shared_pass_cannot_be_trained_before_it_is_judged():
    model = SharedGAN()
    model.build_networks(SPEC)
    phases = model.make_phases()
    model.make_phases = lambda: phases[::-1]
    with pytest.raises(ValueError, match="must come last: generator, critic"):
        model.build_for(SPEC)


def test_half_precision_scales_the_loss():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = _built()
        model.train_step(_frames(0.5))
    finally:
        keras.config.set_dtype_policy("float32")
    for one in model.phases:
        assert isinstance(one.optimizer, keras.optimizers.LossScaleOptimizer)
    assert _weights(model) == pytest.approx((1.0475, 0.95), rel=1e-3)


def test_what_a_subclass_must_provide_raises_by_name():
    with pytest.raises(NotImplementedError, match="VideoModel.build_networks"):
        base.VideoModel().build_for(SPEC)
    for method in ("evaluation_outputs", "sample_clips"):
        with pytest.raises(NotImplementedError, match=f"VideoModel.{method}"):
            getattr(base.VideoModel(), method)({})


CASE = check_model.Case(lambda seed: SharedGAN(seed=seed), SPEC)


@pytest.mark.parametrize(
    "check",
    [
        check_model.builds_and_names_its_phases,
        check_model.a_phase_changes_its_networks_only,
        check_model.losses_are_finite_and_named,
        check_model.eager_equals_graph,
        check_model.two_replicas_equal_one,
        check_model.half_precision_stays_finite,
    ],
    ids=check_model.name,
)
def test_conformance(check, monkeypatch):
    check(CASE, monkeypatch)


def test_checkpoints_hold_everything(monkeypatch, tmp_path):
    check_model.checkpoints_hold_everything(CASE, monkeypatch, tmp_path)
