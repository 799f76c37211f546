"""Models that a server is tested with, made here.

    python -m tests.serving.models FOLDER    # writes them and their configs

Then a server of any make can be started on FOLDER/models.config and monitoring.config;
the head of local/conformance/conftest.py has the commands.
"""

import pathlib
import sys

import numpy as np
import tensorflow as tf

A, B, C = 0.5, 2.0, 3.0
IMAGE_SIZE = 4
CONFIG = """\
model_config_list {{
  config {{
    name: 'default' base_path: '{root}/half_plus_two' model_platform: 'tensorflow'
    version_labels {{ key: 'stable' value: 123 }}
  }}
  config {{
    name: 'half_plus_three' base_path: '{root}/half_plus_three'
    model_platform: 'tensorflow'
  }}
  config {{
    name: 'two_versions' base_path: '{root}/half_plus_two_2_versions'
    model_platform: 'tensorflow'
    model_version_policy {{ all {{}} }}
    version_labels {{ key: 'old' value: 123 }}
  }}
  config {{
    name: 'two_signatures' base_path: '{root}/two_signatures'
    model_platform: 'tensorflow'
  }}
  config {{
    name: 'toolbox' base_path: '{root}/toolbox' model_platform: 'tensorflow'
  }}
}}
"""
MONITORING = """\
prometheus_config { enable: true, path: "/monitoring/prometheus/metrics" }
"""


def spec(name: str, dtype: tf.DType, *shape: int | None) -> tf.TensorSpec:
    """A TensorSpec with its name first."""
    return tf.TensorSpec(list(shape), dtype, name)


class HalfPlus(tf.Module):
    """y = x / 2 + b, under the names of the production server's own test model."""

    def __init__(self, b: float = B) -> None:
        super().__init__()
        self.a, self.b, self.c = tf.Variable(A), tf.Variable(b), tf.Variable(C)

    @tf.function(input_signature=[spec("x", tf.float32, None, 1)])
    def predict(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": self.a * x + self.b}

    @tf.function(input_signature=[spec("inputs", tf.string, None)])
    def classify_x_to_y(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"scores": self.a * feature(inputs, "x") + self.b}

    @tf.function(input_signature=[spec("inputs", tf.string, None)])
    def regress_x_to_y(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"outputs": self.a * feature(inputs, "x") + self.b}

    @tf.function(input_signature=[spec("inputs", tf.string, None)])
    def regress_x_to_y2(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"outputs": self.a * feature(inputs, "x") + self.c}

    @tf.function(input_signature=[spec("inputs", tf.string, None)])
    def classify_x2_to_y3(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"scores": feature(inputs, "x2") + self.c}

    def save(self, folder: pathlib.Path) -> None:
        names = (
            "classify_x_to_y",
            "regress_x_to_y",
            "regress_x_to_y2",
            "classify_x2_to_y3",
        )
        signatures = {name: getattr(self, name) for name in names}
        export(self, folder, serving_default=self.predict, **signatures)


class Constants(tf.Module):
    """Two signatures that answer 1 and 2; x may have any shape."""

    @tf.function(input_signature=[tf.TensorSpec(None, tf.float32, "x")])
    def one(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": tf.ones_like(x)}

    @tf.function(input_signature=[tf.TensorSpec(None, tf.float32, "x")])
    def two(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": 2.0 * tf.ones_like(x)}


class Toolbox(tf.Module):
    """One signature for each thing that goes over a wire."""

    @tf.function(input_signature=[tf.TensorSpec(None, tf.uint8, "x")])
    def echo(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": tf.identity(x)}

    @tf.function(input_signature=[spec("n", tf.int32, None)])
    def slow(self, n: tf.Tensor) -> dict[str, tf.Tensor]:
        """Counts to n, in about 10 s per million."""
        last = tf.while_loop(lambda i: i < n[0], lambda i: i + 1, [0])[0]
        return {"last": last[tf.newaxis]}

    @tf.function(
        input_signature=[spec("a", tf.float32, None), spec("b", tf.float32, None)]
    )
    def add(self, a: tf.Tensor, b: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"sum": a + b, "difference": a - b}

    @tf.function(input_signature=[spec("x", tf.float32, None)])
    def root(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": tf.sqrt(x)}

    @tf.function(input_signature=[spec("text", tf.string, None)])
    def strings(self, text: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"text": tf.identity(text), "text_bytes": tf.identity(text)}

    @tf.function(input_signature=[spec("seed", tf.int64, None)])
    def generate(self, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        """Two frames of seeded noise [b, 2, 4, 4, 3], and their PNG files."""
        pairs = tf.stack([seed, seed], axis=-1)
        video = tf.map_fn(noise, pairs, fn_output_signature=tf.float32)
        pixels = tf.cast(tf.round(255.0 * video), tf.uint8)
        shape = tf.shape(pixels)
        flat = tf.reshape(pixels, [-1, IMAGE_SIZE, IMAGE_SIZE, 3])  # [b·t, h, w, c]
        files = tf.map_fn(tf.io.encode_png, flat, fn_output_signature=tf.string)
        return {
            "video": video,
            "video_uint8": pixels,
            "frames_bytes": tf.reshape(files, shape[:2]),
        }

    @tf.function(input_signature=[spec("frames", tf.uint8, None, None, 4, 4, 3)])
    def checked(self, frames: tf.Tensor) -> dict[str, tf.Tensor]:
        """Checks its input in the graph, as exports must."""
        given = tf.shape(frames)
        message = "frames must be [N, T, 4, 4, 3]"
        with tf.control_dependencies(
            [tf.debugging.assert_equal(given[2:], [4, 4, 3], message)]
        ):
            return {"frames": 255 - frames}

    @tf.function(input_signature=[spec("x", tf.float32, None)])
    def half(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": tf.cast(x, tf.half)}


SIZE = 8
FRAMES = spec("frames", tf.uint8, None, None, SIZE, SIZE, 3)
FLOWS = [
    spec("forward_flow", tf.float32, None, None, SIZE, SIZE, 2),
    spec("backward_flow", tf.float32, None, None, SIZE, SIZE, 2),
]
MASK = spec("mask", tf.uint8, None, SIZE, SIZE, 1)
STATE = spec("state_brightest", tf.uint8, None, SIZE, SIZE, 3)


class Trail(tf.Module):
    """A video model with memory: each pixel stays as bright as it has ever been."""

    @tf.function(input_signature=[FRAMES, MASK, *FLOWS])
    def predict(self, frames, mask, forward_flow, backward_flow):
        return trail(frames, mask, forward_flow, backward_flow)

    @tf.function(input_signature=[FRAMES, MASK, *FLOWS])
    def predict_start(self, frames, mask, forward_flow, backward_flow):
        found = trail(frames, mask, forward_flow, backward_flow)
        return found | {"next_state_brightest": found["video"][:, -1]}

    @tf.function(input_signature=[FRAMES, *FLOWS, STATE])
    def predict_next(self, frames, forward_flow, backward_flow, state_brightest):
        frames = tf.maximum(frames, state_brightest[:, tf.newaxis])
        found = trail(frames, frames[:, 0, :, :, :1], forward_flow, backward_flow)
        found = {name: array[:, 1:] for name, array in found.items()}
        return found | {"next_state_brightest": found["video"][:, -1]}

    def save(self, folder: pathlib.Path, *, has_memory: bool = True) -> None:
        names = ("predict", "predict_start", "predict_next")[: 3 if has_memory else 1]
        signatures = {name: getattr(self, name) for name in names}
        export(self, folder, serving_default=self.predict, **signatures)


def trail(frames, mask, forward_flow, backward_flow) -> dict[str, tf.Tensor]:
    """The running maximum; flows must lie between the frames."""
    between = tf.shape(frames)[1] - 1
    checks = [
        tf.debugging.assert_equal(tf.shape(one)[1], between, "flow lies between frames")
        for one in (forward_flow, backward_flow)
    ]
    with tf.control_dependencies(checks):
        video = tf.scan(tf.maximum, tf.transpose(frames, [1, 0, 2, 3, 4]))
    video = tf.transpose(video, [1, 0, 2, 3, 4])  # [n, t, h, w, c]
    return {"video": video, "mask": mask[:, tf.newaxis] + 0 * video[..., :1]}


def noise(seed: tf.Tensor) -> tf.Tensor:
    """Two frames that a seed [2] decides."""
    shape = [2, IMAGE_SIZE, IMAGE_SIZE, 3]
    return tf.random.stateless_uniform(shape, seed, alg="philox")


def feature(examples: tf.Tensor, name: str) -> tf.Tensor:
    """A float feature [N, 1] of serialised examples [N]."""
    layout = {name: tf.io.FixedLenFeature([1], tf.float32)}
    return tf.io.parse_example(examples, layout)[name]


def export(module: tf.Module, folder: pathlib.Path, **signatures) -> None:
    """Writes a SavedModel."""
    tf.saved_model.save(module, str(folder), signatures=signatures)


def write(root: pathlib.Path) -> pathlib.Path:
    """Writes every model below a folder, and returns the path of their models.config."""
    HalfPlus().save(root / "half_plus_two" / "123")
    HalfPlus(C).save(root / "half_plus_three" / "00000123")
    versions = root / "half_plus_two_2_versions"
    HalfPlus().save(versions / "123")
    HalfPlus(C).save(versions / "124")
    constants = Constants()
    export(
        constants,
        root / "two_signatures" / "1",
        serving_default=constants.one,
        custom_signature_key=constants.two,
    )
    box = Toolbox()
    export(
        box,
        root / "toolbox" / "1",
        serving_default=box.echo,
        slow=box.slow,
        add=box.add,
        root=box.root,
        strings=box.strings,
        generate=box.generate,
        checked=box.checked,
        half=box.half,
    )
    bad = root / "bad" / "1"
    bad.mkdir(parents=True)
    (bad / "saved_model.pb").write_bytes(np.arange(256, dtype=np.uint8).tobytes())
    (root / "monitoring.config").write_text(MONITORING)
    config = root / "models.config"
    config.write_text(CONFIG.format(root=root))
    return config


if __name__ == "__main__":
    sys.stdout.write(f"{write(pathlib.Path(sys.argv[1]).absolute())}\n")
