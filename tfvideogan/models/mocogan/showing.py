"""What MoCoGAN shows of itself: to metrics, to people, and behind a signature."""

from collections.abc import Mapping

import tensorflow as tf

from tfvideogan.core import clip, exportable, pixels
from tfvideogan.models import noise
from tfvideogan.models.mocogan import codes as codes_lib
from tfvideogan.models.mocogan import renderer as renderers

VIDEO = {
    "video": "[N, T, H, W, C] uint8",
    "video_float": "[N, T, H, W, C] float32 in [-1, 1]",
}
# A normal number beyond is drawn once in 10 ** 15 times.
LARGEST_NOISE = 8.0


def evaluation_outputs(
    renderer: renderers.Renderer,
    batch: Mapping[str, tf.Tensor],
    *,
    labels: tf.Tensor | None,
    long_frames: int,
) -> dict[str, tf.Tensor]:
    """Generates a clip for each real one, which is its seed.

    Args:
      renderer: at work.
      batch: see `core.clip`.
      labels: [N] int32 categories, or None to draw them.
      long_frames: length of the long videos.

    Returns:
      `frames` as long as the batch's, and `long_frames` [N, long_frames, H, W, C], which
      begin with the same frames.
    """
    length = batch["frames"].shape[1]
    whole = renderer.generate(
        noise.seeds_of_clips(batch["frames"]),
        num_frames=max(length, long_frames),
        labels=labels,
    )
    return {"frames": whole[:, :length], "long_frames": whole[:, :long_frames]}


def sample_clips(
    renderer: renderers.Renderer, batch: Mapping[str, tf.Tensor]
) -> dict[str, tf.Tensor]:
    """Shows real clips and the same seeds each time.

    Returns:
      Columns [N, T, H, W, C]: `real`; `generated`, a seed in each row; `one_content`, all
      with the content of the first row; `one_motion`, all with its motion.
    """
    frames = batch["frames"]
    number = tf.shape(frames)[0]
    own = tf.range(number, dtype=tf.int64)
    first = tf.zeros_like(own)
    categories = max(renderer.sizes.categories, 1)
    labels = tf.range(number) % categories
    options = {"num_frames": frames.shape[1]}
    return {
        "real": frames,
        "generated": renderer.generate(own, labels=labels, **options),
        "one_content": renderer.generate(
            own, labels=tf.zeros_like(labels), content_seeds=first, **options
        ),
        "one_motion": renderer.generate(
            first, labels=tf.zeros_like(labels), content_seeds=own, **options
        ),
    }


def serving_functions(
    renderer: renderers.Renderer, spec: clip.ClipSpec
) -> dict[str, exportable.ServingFunction]:
    """Returns `generate`, `generate_truncated` and `generate_from_noise`.

    The length is that of a training clip. An answer depends on its own seed alone, not on
    what else the server has put into the batch.
    """
    sizes, length = renderer.sizes, spec.frames
    seed = {"seed": tf.TensorSpec([None], tf.int64, "seed")}
    truncation = {"truncation": tf.TensorSpec([None], tf.float32, "truncation")}
    noise = {
        name: tf.TensorSpec([None, *shape], tf.float32, name)
        for name, shape in {
            "content_noise": [sizes.content],
            "start_noise": [sizes.state],
            "motion_noise": [length, sizes.noise],
        }.items()
    }
    label = {}
    if sizes.categories:
        label = {"label": tf.TensorSpec([None], tf.int32, "label")}

    def generate(
        *,
        seed: tf.Tensor,
        label: tf.Tensor | None = None,
        truncation: tf.Tensor | None = None,
    ) -> dict[str, tf.Tensor]:
        options = {"labels": label, "truncation": truncation}
        return _video(renderer.generate(seed, num_frames=length, **options))

    def generate_from_noise(
        *,
        content_noise: tf.Tensor,
        start_noise: tf.Tensor,
        motion_noise: tf.Tensor,
        label: tf.Tensor | None = None,
    ) -> dict[str, tf.Tensor]:
        labels = tf.zeros(tf.shape(content_noise)[:1], tf.int32)
        labels = labels if label is None else label
        codes = codes_lib.Codes(content_noise, labels, start_noise, motion_noise)
        return _video(renderer.follow(codes))

    rules = _rules(sizes)

    def made(
        function: exportable.ServingFunction,
        inputs: dict[str, tf.TensorSpec],
        about: str,
    ) -> exportable.ServingFunction:
        own = {name: rules[name] for name in inputs}
        return exportable.ServingFunction(function, inputs, VIDEO, own, about=about)

    return {
        "generate": made(generate, seed | label, "a video for each seed"),
        "generate_truncated": made(
            generate, seed | label | truncation, "a more typical video for each seed"
        ),
        "generate_from_noise": made(
            generate_from_noise, noise | label, "a video for each set of codes"
        ),
    }


def _rules(sizes: codes_lib.Sizes) -> dict[str, exportable.InputRule]:
    bounds = {"minimum": -LARGEST_NOISE, "maximum": LARGEST_NOISE}
    return {
        "seed": exportable.InputRule("N", "any whole number"),
        "label": exportable.InputRule(
            "N", "the category", minimum=0, maximum=sizes.categories - 1
        ),
        "truncation": exportable.InputRule(
            "N", "factor of the content code", minimum=0.0, maximum=1.0, example=1.0
        ),
        "content_noise": exportable.InputRule("N D", "standard normal", **bounds),
        "start_noise": exportable.InputRule("N S", "standard normal", **bounds),
        "motion_noise": exportable.InputRule("N T Z", "standard normal", **bounds),
    }


def _video(frames: tf.Tensor) -> dict[str, tf.Tensor]:
    return {"video": pixels.to_uint8(frames), "video_float": frames}
