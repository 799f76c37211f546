"""Each loss of the generators by hand."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.models.foregan import objective

ONE = objective.LossWeights(
    **dict.fromkeys(objective.LossWeights.__dataclass_fields__, 1.0)
)


def _rolled(value: float = 0.0) -> dict[str, tf.Tensor]:
    frames = tf.fill([1, 2, 8, 8, 3], value)
    return {
        "composites": frames,
        "foregrounds": frames,
        "backgrounds": frames,
        "masks": tf.zeros([1, 2, 8, 8, 1]),
        "residual_flow": tf.zeros([1, 2, 8, 8, 2]),
    }


def _batch() -> dict[str, tf.Tensor]:
    mask = np.zeros((1, 3, 8, 8, 1), np.float32)
    mask[:, :, :2, :2] = 1.0
    return {
        "frames": tf.fill([1, 3, 8, 8, 3], 0.5),
        "foreground_masks": tf.constant(mask),
    }


def test_layers_are_compared_where_they_show():
    rolled = _rolled(0.25)
    masks = np.zeros((1, 2, 8, 8, 1), np.float32)
    masks[:, :, :, :4] = 1.0
    rolled["masks"] = tf.constant(masks)
    # Wrong colours where a layer is hidden: columns 6 and 7 are beyond the guard.
    hidden = np.full((1, 2, 8, 8, 3), 0.25, np.float32)
    hidden[:, :, :, 4:] = 9.0
    rolled["foregrounds"] = tf.constant(hidden)
    scene = np.full((1, 2, 8, 8, 3), 0.25, np.float32)
    scene[:, :, :, :6] = 9.0
    rolled["backgrounds"] = tf.constant(scene)
    found = objective.reconstruction(ONE, _batch(), rolled)
    assert {name: float(loss) for name, loss in found.items()} == {
        "generator/reconstruction": 0.25,
        "generator/foreground": 0.25,
        "generator/background": 0.25,
    }


def test_a_perfect_return_costs_nothing_and_a_lost_mask_much():
    batch = _batch()
    frame, mask = batch["frames"][:, 0], batch["foreground_masks"][:, 0]
    perfect = objective.cycles(ONE, frame, mask, [(mask, frame)])
    assert float(perfect["generator/cycle_mask"]) == pytest.approx(0.0, abs=1e-5)
    assert float(perfect["generator/cycle_foreground"]) == 0.0
    lost = objective.cycles(ONE, frame, mask, [(mask, frame), (0 * mask, frame - 1)])
    # Half of: Dice 1 - 1 / (4 + 1), and 4 of 64 pixels at -log(1e-6).
    expected = 0.5 * (0.8 + 4 / 64 * -np.log(1e-6))
    assert float(lost["generator/cycle_mask"]) == pytest.approx(expected, rel=1e-3)
    assert float(lost["generator/cycle_foreground"]) == pytest.approx(0.5)


def test_no_cycles_no_losses():
    assert objective.cycles(ONE, tf.zeros([1]), tf.zeros([1]), []) == {}


def test_priors_by_hand():
    rolled = _rolled()
    rolled["masks"] = tf.fill([1, 2, 8, 8, 1], 0.5)
    found = objective.priors(ONE, _batch(), rolled)
    # Area 32 instead of 4 pixels: 8 - 1 - 0.5 too much; 0.5 (1 - 0.5) undecided.
    assert float(found["generator/area"]) == pytest.approx(6.5)
    assert float(found["generator/binarity"]) == pytest.approx(0.25)
    # A still flow costs the epsilon under the root.
    assert float(found["generator/smoothness"]) == pytest.approx(1e-3, rel=1e-3)


def test_weights_multiply():
    double = objective.LossWeights(reconstruction=2.0, layers=0.0)
    found = objective.reconstruction(double, _batch(), _rolled(0.0))
    assert float(found["generator/reconstruction"]) == 1.0
    assert float(found["generator/background"]) == 0.0
