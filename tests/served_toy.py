"""The engine's toy model with a signature: what the export door is tried on."""

import tensorflow as tf

from tests.engine import toy
from tfvideogan.core import pixels, signatures


class ServedGAN(toy.ToyGAN):
    """Repaints frames also when it is served."""

    def serving_functions(self) -> dict[str, signatures.ServingFunction]:
        size = (self.spec.height, self.spec.width)
        spec = tf.TensorSpec([None, None, *size, 3], tf.uint8, "frames")
        return {
            "predict": signatures.ServingFunction(
                self._serve,
                {"frames": spec},
                {
                    "video": "[N, T, H, W, 3] uint8",
                    "video_float": "the same in [-1, 1]",
                },
                {"frames": signatures.InputRule("N T H W 3", "RGB video")},
                about="repaints a video",
            )
        }

    def _serve(self, *, frames: tf.Tensor) -> dict[str, tf.Tensor]:
        painted = self.generator(pixels.to_float(frames))
        return {"video": pixels.to_uint8(painted), "video_float": painted}
