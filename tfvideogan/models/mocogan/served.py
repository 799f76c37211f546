"""The signature of MoCoGAN's own: videos of codes that a client has chosen."""

import tensorflow as tf

from tfvideogan.core import signatures
from tfvideogan.models import sampling
from tfvideogan.models.mocogan import codes as codes_lib
from tfvideogan.models.mocogan import renderer as renderers

# A normal number beyond is drawn once in 10 ** 15 times.
LARGEST_NOISE = 8.0


def generate_from_noise(
    renderer: renderers.Renderer, *, num_frames: int
) -> signatures.ServingFunction:
    """Returns the signature for videos of `num_frames` frames.

    The client varies one code and keeps the others: the same content with another motion.
    """
    sizes = renderer.sizes
    shapes = {
        "content_noise": ("N D", [sizes.content]),
        "start_noise": ("N S", [sizes.state]),
        "motion_noise": ("N T Z", [num_frames, sizes.noise]),
    }
    inputs = [
        signatures.Input(
            tf.TensorSpec([None, *shape], tf.float32, name),
            signatures.InputRule(
                layout, "standard normal", minimum=-LARGEST_NOISE, maximum=LARGEST_NOISE
            ),
        )
        for name, (layout, shape) in shapes.items()
    ]

    def answer(
        *,
        content_noise: tf.Tensor,
        start_noise: tf.Tensor,
        motion_noise: tf.Tensor,
        label: tf.Tensor | None = None,
    ) -> dict[str, tf.Tensor]:
        labels = tf.zeros(tf.shape(content_noise)[:1], tf.int32)
        labels = labels if label is None else label
        codes = codes_lib.Codes(content_noise, labels, start_noise, motion_noise)
        return sampling.video(renderer.render(codes))

    return signatures.ServingFunction.of(
        answer,
        [*inputs, *sampling.label_inputs(sizes.categories)],
        sampling.VIDEO,
        about="a video for each set of codes",
    )
