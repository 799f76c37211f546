"""The foreground generator starts by carrying the object; the mask head by silence."""

import numpy as np
import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.foregan import foreground


def _draw(channels: int) -> tf.Tensor:
    return seeds.normal([2, 8, 16, channels], seeds.from_int(channels))


def test_an_untrained_generator_prefers_the_previous_object():
    net = foreground.ForegroundGenerator(4, blocks=1, is_recurrent=True)
    outputs, _ = net(_draw(13), net.trunk.initial_state(2, 8, 16))
    np.testing.assert_array_equal(outputs["residual_flow"], np.zeros([2, 8, 16, 2]))
    # The softmax of the three biases.
    weights = np.exp([2.0, 0.0, -2.0])
    expected = np.broadcast_to(weights / weights.sum(), [2, 8, 16, 3])
    np.testing.assert_allclose(outputs["blend"], expected, rtol=1e-5)
    assert float(tf.reduce_max(tf.abs(outputs["colour"]))) <= 1.0


def test_the_residual_flow_is_bounded():
    net = foreground.ForegroundGenerator(4, blocks=1, is_recurrent=False)
    state = net.trunk.initial_state(2, 8, 16)
    net(_draw(13), state)
    kernel, _ = net.residual.get_weights()
    net.residual.set_weights([kernel, np.array([1e4, -1e4])])
    outputs, _ = net(_draw(13), state)
    # 5 % of the larger side, 16 pixels.
    np.testing.assert_allclose(outputs["residual_flow"][..., 0], 0.8, rtol=1e-5)
    np.testing.assert_allclose(outputs["residual_flow"][..., 1], -0.8, rtol=1e-5)


def test_an_untrained_mask_head_corrects_nothing():
    net = foreground.MaskHead(4, blocks=1)
    np.testing.assert_array_equal(net(_draw(17)), np.zeros([2, 8, 16, 1]))
