r"""Measures what it costs to fill the holes of a real video, 240x424.

    python tools/benchmark_completion.py --models=saved_models/opn \
        --frames=DAVIS/JPEGImages/480p/parkour --masks=DAVIS/Annotations/480p/parkour

prints frames per second of each export, by the model alone and with `--method=auto`, in
process, the second time each; holes are the masks and 4 pixels around them.

    ... --frames=opn-demo/Video_inputs/parkour --masks=opn-demo/Video_inputs/parkour \
        --peer='.parity/bin/python tools/parity_opn.py --original=opn-demo
                --speed=opn-demo/Video_inputs/parkour'

measures OPN as published in turns with the released code (`parity_opn.py` says how to get
it; tests/models/opn/test_parity.py says that both compute the same): seconds for a frame of
the memory, and for a frame that is filled from five others. Run it on a machine that does
nothing else.
"""

import argparse
import os
import pathlib
import re
import shlex
import subprocess
import time
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tfvideogan

# isort: split
import cv2
import numpy as np
import tensorflow as tf

from tfvideogan.core import clip
from tfvideogan.engine import loop
from tfvideogan.engine.config import config

HEIGHT, WIDTH = 240, 424
# As `generate` grows holes of 240 rows.
GROWN = 4
# Of the peer's timing: frames that are filled, those they are filled from, every fifth.
TIMED, REFERENCES, EVERY = 4, 5, 5
ROUNDS = 3
NUMBER = re.compile(r"(memory|filled) \[?\s*([\d.e-]+)")


def main() -> None:
    """Measures what is asked for."""
    made = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    made.add_argument("--frames", required=True, metavar="FOLDER", help="of *.jpg")
    made.add_argument("--masks", required=True, metavar="FOLDER", help="of *.png")
    made.add_argument(
        "--models", default="", metavar="NAME,NAME", help="exports that complete"
    )
    made.add_argument("--peer", metavar="COMMAND", help="that prints its own seconds")
    made.add_argument("--max_frames", type=int, default=48, metavar="N")
    options = made.parse_args()
    frames, masks = read(options.frames, options.masks, options.max_frames)
    print(
        f"{len(frames)} frames of {HEIGHT}x{WIDTH}, {100 * masks.mean():.1f} % masked"
    )
    for name in filter(None, options.models.split(",")):
        for method, rate in exported(name, frames, grown(masks)).items():
            print(f"{name} {method}: {rate:.2f} frames/s", flush=True)
    if options.peer:
        beside(options.peer, frames, masks)


def read(frames: str, masks: str, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Reads frames [T, H, W, 3] and masks [T, H, W, 1], uint8, 1 = masked."""
    paths = sorted(pathlib.Path(frames).glob("*.jpg"))[:most]
    found = [cv2.imread(str(path))[..., ::-1] for path in paths]
    size = (WIDTH, HEIGHT)
    found = [cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in found]
    marks = []
    for path in paths:
        mask = cv2.imread(str(pathlib.Path(masks) / f"{path.stem}.png"))
        is_set = (mask.max(axis=-1) > 0).astype(np.uint8)
        marks.append(cv2.resize(is_set, size, interpolation=cv2.INTER_NEAREST))
    return np.stack(found), np.stack(marks)[..., np.newaxis]


def grown(masks: np.ndarray) -> np.ndarray:
    """Returns masks with some pixels around them."""
    square = np.ones([2 * GROWN + 1] * 2, np.uint8)
    return np.stack([cv2.dilate(one, square) for one in masks])[..., np.newaxis]


def exported(name: str, frames: np.ndarray, holes: np.ndarray) -> dict[str, float]:
    """Returns frames per second of an export by each method."""
    loaded, rates = tfvideogan.load(name), {}
    for method in ("network", "auto"):

        def run(method: str = method) -> object:
            return loaded.run("complete", frames=frames, holes=holes, method=method)

        rates[method] = len(frames) / seconds(run)
    return rates


def beside(command: str, frames: np.ndarray, masks: np.ndarray) -> None:
    """Prints seconds of OPN as published, the peer's, and their ratio."""
    remember, fill = published(frames, masks)
    ours: dict[str, list[float]] = {"memory": [], "filled": []}
    peers: dict[str, list[float]] = {"memory": [], "filled": []}
    for _ in range(ROUNDS):
        ours["memory"].append(seconds(remember) / REFERENCES)
        ours["filled"].append(seconds(fill) / TIMED)
        said = subprocess.run(
            shlex.split(command), capture_output=True, text=True, check=True
        )
        for name, value in NUMBER.findall(said.stdout):
            peers[name].append(float(value))
    for name in ours:
        own, other = (float(np.median(one[name])) for one in (ours, peers))
        print(f"{name}: {own:.3f} s a frame, the peer's {other:.3f}: {other / own:.2f}")


def published(
    frames: np.ndarray, masks: np.ndarray
) -> tuple[Callable[[], object], Callable[[], object]]:
    """Returns what encodes the references, and what fills the targets from them."""
    config.parse(["gin/opn/paper.gin"])
    opn = config.arguments(loop.run)["make_model"]()
    opn.build_for(clip.ClipSpec(5, 64, 64, has_holes=True))
    holes = tf.constant(grown_by_cross(masks), tf.float32)
    # What stands in the holes costs the same.
    hidden = tf.where(holes > 0, 0.0, tf.constant(frames, tf.float32) / 127.5 - 1.0)
    every = slice(0, EVERY * REFERENCES, EVERY)

    @tf.function(autograph=False)
    def remember() -> tuple[tf.Tensor, ...]:
        kept = [
            opn.painter.remember(*one) for one in pairs(hidden[every], holes[every])
        ]
        joined = (tf.concat(one, axis=1) for one in zip(*kept, strict=True))
        return type(kept[0])(*joined)

    @tf.function(autograph=False)
    def fill_one(
        frame: tf.Tensor, hole: tf.Tensor, kept: tuple[tf.Tensor, ...]
    ) -> tf.Tensor:
        width = tf.constant(opn.options.peel_width)
        return opn.painter.complete(frame, hole, kept, width=width)

    kept = remember()
    targets = slice(1, 1 + TIMED)
    return (
        lambda: [one.numpy() for one in remember()],
        lambda: [
            fill_one(*one, kept).numpy()
            for one in pairs(hidden[targets], holes[targets])
        ],
    )


def pairs(frames: tf.Tensor, holes: tf.Tensor) -> list[tuple[tf.Tensor, tf.Tensor]]:
    """Returns frames and holes one by one, each [1, H, W, .]."""
    return [(frames[at : at + 1], holes[at : at + 1]) for at in range(frames.shape[0])]


def grown_by_cross(masks: np.ndarray) -> np.ndarray:
    """Returns masks as the released code grows them."""
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    return np.stack([cv2.dilate(one, cross) for one in masks])[..., np.newaxis]


def seconds(run: Callable[[], object]) -> float:
    """Returns what a second call takes."""
    run()
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
