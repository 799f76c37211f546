import numpy as np
import tensorflow as tf

from tfvideogan.models.foregan import flow_codec

LIMIT = 20.0


def codes(encode, values):
    """Codes of horizontal motions, in order."""
    flow = tf.stack([values, tf.zeros_like(values)], axis=-1)[tf.newaxis, tf.newaxis]
    return encode(flow, LIMIT)[0, 0, :, 0].numpy()


def test_signed_code_is_monotone_far_beyond_the_limit():
    motions = tf.linspace(-40.0, 40.0, 161)
    assert np.all(np.diff(codes(flow_codec.encode_signed, motions)) > 0)


def test_signed_code_is_odd_and_tells_the_limit_as_tanh_of_one():
    found = codes(flow_codec.encode_signed, tf.constant([-20.0, 0.0, 20.0]))
    np.testing.assert_allclose(found, [-0.76159416, 0.0, 0.76159416], atol=1e-6)


def test_legacy_code_of_fast_motion_right_is_beside_that_of_fast_motion_left():
    found = codes(
        flow_codec.encode_wrapped_legacy, tf.constant([-20.0, 0.0, 19.8, 20.0, 35.0])
    )
    # 128.5 + 6.375 v is 1, 128.5, 254.7, 256 and, clipped first, 256 again.
    np.testing.assert_allclose(found * 255, [1, 128, 254, 0, 0], atol=1e-3)


def test_legacy_code_is_not_monotone():
    motions = tf.linspace(-40.0, 40.0, 161)
    assert np.any(np.diff(codes(flow_codec.encode_wrapped_legacy, motions)) < 0)


def test_codes_keep_the_shape_of_clips():
    flow = tf.zeros([2, 3, 4, 5, 2])
    for encode in (flow_codec.encode_signed, flow_codec.encode_wrapped_legacy):
        assert encode(flow, LIMIT).shape == flow.shape
