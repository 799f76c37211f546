"""Measures how fast clips are read, raw and from the cache, beside plain alternatives.

    python tools/benchmark_data.py                        # films made here: 64x64, 240x432
    python tools/benchmark_data.py --gin_file=gin/data/strips.gin \
        --gin_param='STRIPS_ROOT="/data/actions"'         # and the data set of a gin file

Every row is measured in the same sitting. "cached" is the training pipeline as a model
sees it: shuffled windows, batched, float32 in [-1, 1]. The alternatives decode the same
films frame by frame, as scripts do; tfds reads what it has stored itself. The last lines
tell the memory over many clips, which must stay flat.
"""

import argparse
import os
import pathlib
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import tfvideogan  # noqa: F401

# isort: split
import av
import cv2
import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from tfvideogan.data import pipeline, source
from tfvideogan.data.datasets.folder import folder
from tfvideogan.engine import build, loop
from tfvideogan.engine.config import config
from tfvideogan.media import reader

WINDOW, BATCH_FRAMES = 16, 512
# (title, ending, codec, size of the films, number, frames, size and channels wanted)
FILMS = (
    ("160x120 MPEG-4 to 64x64 grey", ".avi", "mpeg4", (120, 160), 60, 120, (64, 64, 1)),
    ("160x120 MPEG-4 to 64x64 RGB", ".avi", "mpeg4", (120, 160), 60, 120, (64, 64, 3)),
    ("854x480 H.264 to 240x432", ".mp4", "libx264", (480, 854), 8, 48, (240, 432, 3)),
)
RATE = 25
# Memory is watched over so many clips, of frames of at most so many bytes.
MEMORY_CLIPS, SMALL = 10_000, 64 * 64 * 3
KILO, MEGABYTE = 1024, 2**20


def main() -> int:
    """Prints one table for each collection; returns the exit code."""
    options = _parser().parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["TFVIDEOGAN_CACHE"] = str(pathlib.Path(scratch) / "cache")
        if options.gin_file:
            config.parse(["gin/base.gin", *options.gin_file], options.gin_param)
            _measure_source(options.seconds)
            return 0
        for number, row in enumerate(FILMS):
            _measure_films(pathlib.Path(scratch) / str(number), *row, options.seconds)
    return 0


def _measure_films(
    root: pathlib.Path,
    title: str,
    ending: str,
    codec: str,
    size: tuple[int, int],
    number: int,
    frames: int,
    wanted: tuple[int, int, int],
    seconds: float,
) -> None:
    paths = _write_films(root / "films", ending, codec, size, number, frames)
    height, width, channels = wanted

    def ours(path: pathlib.Path) -> Iterable[np.ndarray]:
        read, _ = reader.read_video(path, height=height, width=width, channels=channels)
        return read

    rows = {
        "PyAV loop": _rate(_repeated(paths, _with_av(*wanted)), seconds),
        "OpenCV loop": _rate(_repeated(paths, _with_opencv(*wanted)), seconds),
        "video_reader": _rate(_repeated(paths, ours), seconds),
        "tfds, stored by tfds": _rate(_with_tfds(root, paths, ours, wanted), seconds),
    }
    made = lambda: folder.Folder(  # noqa: E731
        str(root / "films"),
        frames=WINDOW,
        height=height,
        width=width,
        channels=channels,
        fit="stretch",
    )
    chosen, rows["conversion, all cores"] = _converted(made)
    rows["cached pipeline"] = _rate(_batches(chosen), seconds)
    _print(title, rows)
    if height * width * channels <= SMALL:  # large clips would take minutes
        _print_memory(chosen)


def _measure_source(seconds: float) -> None:
    make_source = config.arguments(loop.run)["make_source"]
    chosen, rate = _converted(lambda: build.build_source(make_source))
    rows = {}
    if rate:
        rows["conversion, all cores"] = rate
    else:
        clips = (clip["frames"] for clip in _endless(lambda: chosen.clips("train")))
        rows["clips, one thread"] = _rate(
            (one for clip in clips for one in clip), seconds
        )
    rows["pipeline"] = _rate(_batches(chosen), seconds)
    _print(chosen.describe(), rows)
    _print_memory(chosen)


def _converted(
    make: Callable[[], source.ClipSource],
) -> tuple[source.ClipSource, float]:
    """Makes a source and returns frames per second of its conversion, or 0."""
    start = time.perf_counter()
    chosen = make()
    passed = time.perf_counter() - start
    records = getattr(chosen, "records", None)
    return chosen, 0.0 if records is None else float(records.lengths.sum()) / passed


def _batches(chosen: source.ClipSource) -> Iterator[np.ndarray]:
    """Yields the frames of training batches, endlessly, one item per frame."""
    frames = chosen.spec.frames
    batch_size = max(1, BATCH_FRAMES // frames)
    dataset = pipeline.make_dataset(chosen, "train", batch_size=batch_size, seed=0)
    for _ in dataset:
        yield from range(batch_size * frames)


def _write_films(
    root: pathlib.Path,
    ending: str,
    codec: str,
    size: tuple[int, int],
    number: int,
    length: int,
) -> list[pathlib.Path]:
    """Writes films of a soft texture that moves."""
    root.mkdir(parents=True)
    height, width = size
    paths = []
    for film in range(number):
        generator = np.random.default_rng(film)
        noise = generator.random((2 * height, 2 * width, 3), np.float32)
        plane = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 3), None, 0, 255, 32)
        plane = plane.astype(np.uint8)
        paths.append(root / f"film{film:04d}{ending}")
        with av.open(str(paths[-1]), "w") as container:
            stream = container.add_stream(codec, rate=RATE)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for time_ in range(length):
                view = plane[time_ % height :][:height, time_ % width :][:, :width]
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(view), "rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
    return paths


def _with_av(height: int, width: int, channels: int) -> Callable:
    def read(path: pathlib.Path) -> Iterator[np.ndarray]:
        form = "gray" if channels == 1 else "rgb24"
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                array = frame.to_ndarray(format=form)
                yield cv2.resize(array, (width, height), interpolation=cv2.INTER_AREA)

    return read


def _with_opencv(height: int, width: int, channels: int) -> Callable:
    code = cv2.COLOR_BGR2GRAY if channels == 1 else cv2.COLOR_BGR2RGB

    def read(path: pathlib.Path) -> Iterator[np.ndarray]:
        film = cv2.VideoCapture(str(path))
        while True:
            is_read, frame = film.read()
            if not is_read:
                return
            small = cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)
            yield cv2.cvtColor(small, code)

    return read


def _with_tfds(
    root: pathlib.Path,
    paths: list[pathlib.Path],
    read: Callable[[pathlib.Path], np.ndarray],
    wanted: tuple[int, int, int],
) -> Iterator[int]:
    """Stores the clips as a tfds data set, then reads them as a training would."""
    shape = (None, *wanted)

    def clips() -> Iterator[dict[str, np.ndarray]]:
        for path in paths:
            yield {"video": read(path)}

    stored = tfds.dataset_builders.store_as_tfds_dataset(
        name="films",
        version="1.0.0",
        data_dir=str(root / "tfds"),
        features=tfds.features.FeaturesDict({"video": tfds.features.Video(shape)}),
        split_datasets={
            "train": tf.data.Dataset.from_generator(
                clips, output_signature={"video": tf.TensorSpec(shape, tf.uint8)}
            )
        },
        disable_shuffling=True,
    )

    def window(example: dict[str, tf.Tensor]) -> tf.Tensor:
        start = tf.random.stateless_uniform(
            [], [0, 1], 0, tf.shape(example["video"])[0] - WINDOW + 1, tf.int32
        )
        clip = example["video"][start : start + WINDOW]
        return tf.cast(clip, tf.float32) / 127.5 - 1.0  # as its users write it

    # tfds keeps a small data set in memory by default.
    reading = tfds.ReadConfig(try_autocache=False)
    dataset = stored.as_dataset("train", read_config=reading).repeat()
    dataset = dataset.map(window, num_parallel_calls=tf.data.AUTOTUNE)
    batch_size = BATCH_FRAMES // WINDOW
    for _ in dataset.batch(batch_size, drop_remainder=True).prefetch(tf.data.AUTOTUNE):
        yield from range(BATCH_FRAMES)


def _repeated(
    paths: list[pathlib.Path], read: Callable[[pathlib.Path], Iterable[np.ndarray]]
) -> Iterator[np.ndarray]:
    return (frame for path in _endless(lambda: paths) for frame in read(path))


def _endless(make: Callable[[], Iterable]) -> Iterator:
    while True:
        yield from make()


def _rate(frames: Iterator, seconds: float) -> float:
    """Returns frames per second, after a first part that fills the buffers."""
    for _ in range(2 * BATCH_FRAMES):
        next(frames)
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for _ in range(BATCH_FRAMES):
            next(frames)
        count += BATCH_FRAMES
    return count / (time.perf_counter() - start)


def _print(title: str, rows: dict[str, float]) -> None:
    print(f"\n{title}")
    first = next(iter(rows.values()))
    for name, rate in rows.items():
        print(f"  {name:<24}{rate:>10,.0f} frames/s{rate / first:>8.1f} x")


def _print_memory(chosen: source.ClipSource) -> None:
    """Reads many clips and prints the memory at a tenth of them and at the end."""
    frames = _batches(chosen)
    marks = []
    for part in (MEMORY_CLIPS // 10, MEMORY_CLIPS - MEMORY_CLIPS // 10):
        for _ in range(part * chosen.spec.frames):
            next(frames)
        marks.append(_resident())
    print(
        f"  memory {marks[0]:.0f} MB after {MEMORY_CLIPS // 10} clips, {marks[1]:.0f} MB "
        f"after {MEMORY_CLIPS} (peak {_peak():.0f} MB)"
    )


def _resident() -> float:
    """Returns the memory in use now, in megabytes (Linux)."""
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / MEGABYTE


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILO


def _parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description="Measures how fast clips are read.")
    made.add_argument("--gin_file", action="append", default=[], metavar="FILE")
    made.add_argument("--gin_param", action="append", default=[], metavar="NAME=VALUE")
    made.add_argument("--seconds", type=float, default=3.0, help="for each row")
    return made


if __name__ == "__main__":
    sys.exit(main())
