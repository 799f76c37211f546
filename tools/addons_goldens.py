"""Records what tensorflow-addons computes, for the tests of what replaced it here.

The library does not use tensorflow-addons, which is archived and imports on no
TensorFlow after 2.15; it promises its numbers. This tool runs by hand, once, in an
environment of its own (Python 3.11):

    python3.11 -m venv .addons
    .addons/bin/pip install -r tools/addons_requirements.txt
    .addons/bin/python tools/addons_goldens.py --output=tests/goldens

It writes addons_NAME.npz for warp, correlation, norm, pooling, spectral and average.
Each holds inputs, outputs and gradients; a gradient is that of
sum(weights * output), with `weights` recorded too.
"""

import argparse
import pathlib

import numpy as np
import tensorflow as tf
import tensorflow_addons as tfa

SEED = 20
POWER_STEPS = 4
AVERAGE_STEPS = 6

# (max_displacement, stride_1, stride_2, pad), as tfa.layers.CorrelationCost names them.
CORRELATIONS = (
    (1, 1, 1, 1),
    (4, 1, 1, 4),
    (4, 1, 2, 4),
    (3, 1, 2, 3),
    (2, 1, 1, 0),
    (2, 1, 1, 4),
    (2, 2, 1, 2),
    (4, 2, 2, 4),
    (3, 3, 1, 0),
    (2, 2, 1, 4),
)


def normal(draw: np.random.Generator, *shape: int) -> np.ndarray:
    """Draws float32 standard normal numbers."""
    return draw.standard_normal(shape).astype(np.float32)


def warp_goldens(draw: np.random.Generator) -> dict[str, np.ndarray]:
    """Records tfa.image.dense_image_warp for a random flow and for one of whole pixels.

    Both flows reach beyond the border.
    """
    images = normal(draw, 2, 6, 7, 3)
    goldens = {"images": images}
    random_flow = 3 * normal(draw, 2, 6, 7, 2)
    flows = {"random": random_flow, "whole": np.round(random_flow)}
    for name, flow in flows.items():
        weights = normal(draw, *images.shape)
        image_tensor, flow_tensor = tf.constant(images), tf.constant(flow)
        with tf.GradientTape() as tape:
            tape.watch([image_tensor, flow_tensor])
            warped = tfa.image.dense_image_warp(image_tensor, flow_tensor)
            total = tf.reduce_sum(warped * weights)
        slopes = tape.gradient(total, [image_tensor, flow_tensor])
        goldens[f"{name}/flow"] = flow
        goldens[f"{name}/weights"] = weights
        goldens[f"{name}/warped"] = warped.numpy()
        goldens[f"{name}/images_gradient"] = slopes[0].numpy()
        goldens[f"{name}/flow_gradient"] = slopes[1].numpy()
    return goldens


def correlation_goldens(draw: np.random.Generator) -> dict[str, np.ndarray]:
    """Records tfa.layers.CorrelationCost with kernel size 1, one entry per config."""
    first, second = normal(draw, 2, 9, 11, 5), normal(draw, 2, 9, 11, 5)
    goldens = {"first": first, "second": second}
    for config in CORRELATIONS:
        name = "-".join(map(str, config))
        layer = tfa.layers.CorrelationCost(1, *config, data_format="channels_last")
        inputs = [tf.constant(first), tf.constant(second)]
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            cost = layer(inputs)
            weights = normal(draw, *cost.shape)
            total = tf.reduce_sum(cost * weights)
        slopes = tape.gradient(total, inputs)
        goldens[f"{name}/weights"] = weights
        goldens[f"{name}/cost"] = cost.numpy()
        goldens[f"{name}/first_gradient"] = slopes[0].numpy()
        goldens[f"{name}/second_gradient"] = slopes[1].numpy()
    return goldens


def norm_goldens(draw: np.random.Generator) -> dict[str, np.ndarray]:
    """Records tfa.layers.InstanceNormalization with its default epsilon, 1e-3."""
    features = tf.constant(2 * normal(draw, 2, 5, 6, 4) + 1)
    weights = normal(draw, *features.shape)
    layer = tfa.layers.InstanceNormalization()
    layer.build(features.shape)
    layer.gamma.assign(normal(draw, 4))
    layer.beta.assign(normal(draw, 4))
    with tf.GradientTape() as tape:
        tape.watch(features)
        normalized = layer(features)
        total = tf.reduce_sum(normalized * weights)
    slopes = tape.gradient(total, [features, layer.gamma, layer.beta])
    names = ("features_gradient", "gamma_gradient", "beta_gradient")
    return {
        "features": features.numpy(),
        "weights": weights,
        "gamma": layer.gamma.numpy(),
        "beta": layer.beta.numpy(),
        "normalized": normalized.numpy(),
        **{name: slope.numpy() for name, slope in zip(names, slopes, strict=True)},
    }


def pooling_goldens(draw: np.random.Generator) -> dict[str, np.ndarray]:
    """Records tfa.layers.AdaptiveAveragePooling2D; it needs sizes that divide."""
    features = normal(draw, 2, 6, 8, 3)
    pooled = tfa.layers.AdaptiveAveragePooling2D((3, 2))(features)
    return {"features": features, "pooled": pooled.numpy()}


def spectral_goldens(draw: np.random.Generator) -> dict[str, np.ndarray]:
    """Records tfa.layers.SpectralNormalization over a few training steps.

    Before each step the kernel is set to a new value, as an optimizer would; u stays.
    A last call without training shows that it changes nothing.
    """
    inputs = {"dense": normal(draw, 2, 6), "conv": normal(draw, 2, 5, 5, 3)}
    layers = {
        "dense": lambda: tf.keras.layers.Dense(4),
        "conv": lambda: tf.keras.layers.Conv2D(4, 3),
    }
    goldens = {}
    for name, x in inputs.items():
        for iterations in (1, 3):
            prefix = f"{name}-{iterations}"
            layer = tfa.layers.SpectralNormalization(
                layers[name](), power_iterations=iterations
            )
            layer.build(x.shape)
            goldens[f"{prefix}/inputs"] = x
            goldens[f"{prefix}/initial_u"] = layer.u.numpy()
            kernels = normal(draw, POWER_STEPS, *layer.w.shape)
            goldens[f"{prefix}/kernels"] = kernels
            for step, kernel in enumerate(kernels):
                layer.w.assign(kernel)
                with tf.GradientTape() as tape:
                    outputs = layer(x, training=True)
                    total = tf.reduce_sum(tf.square(outputs))
                slope = tape.gradient(total, layer.w)
                goldens[f"{prefix}/{step}/u"] = layer.u.numpy()
                goldens[f"{prefix}/{step}/kernel"] = layer.w.numpy()
                goldens[f"{prefix}/{step}/outputs"] = outputs.numpy()
                goldens[f"{prefix}/{step}/kernel_gradient"] = slope.numpy()
            goldens[f"{prefix}/inference"] = layer(x, training=False).numpy()
    return goldens


def average_goldens(draw: np.random.Generator) -> dict[str, np.ndarray]:
    """Records tfa.optimizers.MovingAverage with its warm-up, over a few steps.

    With a decay of 0.3 the warm-up (1 + step) / (10 + step) ends at the third step.
    """
    decay = 0.3
    variable = tf.Variable(normal(draw, 3))
    optimizer = tfa.optimizers.MovingAverage(
        tf.keras.optimizers.legacy.SGD(1.0), average_decay=decay, dynamic_decay=True
    )
    initial = variable.numpy()
    weights, averages = [], []
    for gradient in normal(draw, AVERAGE_STEPS, 3):
        optimizer.apply_gradients([(tf.constant(gradient), variable)])
        weights.append(variable.numpy())
        averages.append(optimizer.get_slot(variable, "average").numpy())
    return {
        "decay": np.float32(decay),
        "initial": initial,
        "weights": np.stack(weights),
        "averages": np.stack(averages),
    }


def main() -> None:
    """Writes one file for each recorder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, default="tests/goldens")
    output = parser.parse_args().output
    tf.keras.utils.set_random_seed(SEED)
    recorders = {
        "warp": warp_goldens,
        "correlation": correlation_goldens,
        "norm": norm_goldens,
        "pooling": pooling_goldens,
        "spectral": spectral_goldens,
        "average": average_goldens,
    }
    for name, record in recorders.items():
        path = output / f"addons_{name}.npz"
        np.savez_compressed(path, **record(np.random.default_rng(SEED)))
        print(f"{path}: {path.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
