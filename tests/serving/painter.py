"""A tiny thing that can be served: two signatures, one of them with a memory."""

import tensorflow as tf

from tfvideogan.core import pixels, signatures

SIZE = 4
BOUND = 8.0


class Painter:
    """Scales frames by a gain; adds the mean flow; counts frames from chunk to chunk."""

    def __init__(self, gain: float = 0.5) -> None:
        self.gain = tf.Variable(gain, name="gain")
        self.unused = tf.Variable(tf.zeros([1000]), name="unused")

    def serving_functions(self) -> dict[str, signatures.ServingFunction]:
        frames = tf.TensorSpec([None, None, SIZE, SIZE, 3], tf.uint8, "frames")
        flow = tf.TensorSpec([None, None, SIZE, SIZE, 2], tf.float32, "flow")
        state = tf.TensorSpec([None, 1], tf.float32, "state_count")
        outputs = {
            "video": "[N, T, H, W, 3] uint8, the painted frames",
            "brightness": "[N, T] float32, the mean of each",
        }
        rules = {
            "frames": signatures.InputRule("N T H W 3", "RGB video"),
            "flow": signatures.InputRule(
                "N T-1 H W 2", "pixels (dx, dy)", -BOUND, BOUND
            ),
        }
        counted = outputs | {"next_state_count": "[N, 1] float32, frames so far"}
        return {
            "predict": signatures.ServingFunction(
                self.paint,
                {"frames": frames, "flow": flow},
                outputs,
                rules,
                at_least={"T": 2},
                about="paints a video",
            ),
            "predict_next": signatures.ServingFunction(
                self.paint_next,
                {"frames": frames, "state_count": state},
                counted,
                {"frames": rules["frames"]},
            ),
        }

    def paint(self, *, frames: tf.Tensor, flow: tf.Tensor) -> dict[str, tf.Tensor]:
        motion = tf.reduce_mean(flow, axis=[1, 2, 3, 4], keepdims=True)
        painted = tf.tanh(pixels.to_float(frames) * self.gain + motion)
        return {
            "video": pixels.to_uint8(painted),
            "brightness": tf.reduce_mean(painted, axis=[2, 3, 4]),
        }

    def paint_next(
        self, *, frames: tf.Tensor, state_count: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        flow = tf.zeros_like(pixels.to_float(frames)[..., :2])
        count = state_count + tf.cast(tf.shape(frames)[1], tf.float32)
        return self.paint(frames=frames, flow=flow) | {"next_state_count": count}
