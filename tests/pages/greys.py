"""A model of arithmetic on clips whose frames are of one grey each; no TensorFlow runs.

restore    255 - frames
predict    three frames behind the context: each brighter than the last one by 10 + seed
classify   the mean brightness, and a word for it
complete   what is missing becomes 200
crossed    4 frames for codes: all are the sum of content and motion noise, times 10
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfvideogan.pages import sources
from tfvideogan.serving.client import metadata

SIZE = 8
FUTURE = 3
_VIDEO = metadata.Tensor(tf.uint8, (None, None, SIZE, SIZE, 3))
_SEED = metadata.Tensor(tf.int64, (None,))
_SIGNATURES = {
    "restore": ({"frames": _VIDEO}, {"video": _VIDEO}),
    "predict": ({"context": _VIDEO, "seed": _SEED}, {"video": _VIDEO}),
    "classify": (
        {"frames": _VIDEO},
        {
            "brightness": metadata.Tensor(tf.float32, (None, 1)),
            "text": metadata.Tensor(tf.string, (None,)),
        },
    ),
    "complete": (
        {
            "frames": metadata.Tensor(tf.uint8, (None, None, None, None, 3)),
            "holes": metadata.Tensor(tf.uint8, (None, None, None, None, 1)),
        },
        {"video": metadata.Tensor(tf.uint8, (None, None, None, None, 3))},
    ),
    "crossed": (
        {
            "content_noise": metadata.Tensor(tf.float32, (None, 2)),
            "start_noise": metadata.Tensor(tf.float32, (None, 1)),
            "motion_noise": metadata.Tensor(tf.float32, (None, 4, 1)),
        },
        {"video": _VIDEO},
    ),
}


class Greys:
    """Answers as the clients do."""

    def signatures(self) -> dict[str, metadata.Signature]:
        return {
            name: metadata.Signature(name, *one) for name, one in _SIGNATURES.items()
        }

    def predict(
        self, *, signature: str, outputs: Sequence[str] = (), **inputs: Any
    ) -> dict[str, np.ndarray]:
        known = self.signatures()[signature]
        given, is_single = known.fitted(inputs)
        if is_single:
            given = {name: array[np.newaxis] for name, array in given.items()}
        found = getattr(self, f"_{signature}")(**given)
        if is_single:
            found = {name: array[0] for name, array in found.items()}
        return {name: found[name] for name in outputs or found}

    def _restore(self, frames: np.ndarray) -> dict[str, np.ndarray]:
        return {"video": 255 - frames}

    def _predict(self, context: np.ndarray, seed: np.ndarray) -> dict[str, np.ndarray]:
        steps = (10 + seed[:, None]) * np.arange(1, FUTURE + 1)
        following = context[:, -1:] + steps[..., None, None, None]
        return {"video": following.astype(np.uint8)}

    def _classify(self, frames: np.ndarray) -> dict[str, np.ndarray]:
        means = frames.mean((1, 2, 3, 4), dtype=np.float32)
        words = [b"bright" if mean > 127 else b"dark" for mean in means]
        return {"brightness": means[:, None], "text": np.array(words, object)}

    def _complete(self, frames: np.ndarray, holes: np.ndarray) -> dict[str, np.ndarray]:
        return {"video": np.where(holes > 0, np.uint8(200), frames)}

    def _crossed(
        self,
        content_noise: np.ndarray,
        start_noise: np.ndarray,
        motion_noise: np.ndarray,
    ) -> dict[str, np.ndarray]:
        sums = content_noise.sum(-1) + start_noise[:, 0] + motion_noise.sum((1, 2))
        shades = np.clip(128 + 10 * sums, 0, 255).astype(np.uint8)
        shape = (len(shades), 4, SIZE, SIZE, 3)
        return {"video": np.broadcast_to(shades[:, None, None, None, None], shape)}


def source() -> sources.Source:
    return sources.Source("greys", Greys(), ("tfvideogan", "generate"), "runs/greys")


def clip(*values: int) -> np.ndarray:
    """A clip [T, 8, 8, 3] of these shades."""
    shades = np.array(values, np.uint8)[:, None, None, None]
    return np.tile(shades, [1, SIZE, SIZE, 3])


def shades(frames: np.ndarray) -> list[int]:
    """How bright the frames [T, H, W, C] are in their first pixel."""
    return frames[:, 0, 0, 0].tolist()
