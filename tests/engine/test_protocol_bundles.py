"""Each protocol judges small clips in the true format, and models of the package."""

import dataclasses
import functools
import itertools
import pathlib
import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.data import bair_tree, davis_tree, kth_tree, mnist_tree, ucf101_tree
from tests.engine import echo, training_runs
from tests.pretrained import test_lpips
from tfvideogan import evaluate
from tfvideogan.core import clip
from tfvideogan.engine import build, loop, protocols, strategy
from tfvideogan.engine.config import config
from tfvideogan.engine.runs import checkpoints, run_folder
from tfvideogan.pretrained import i3d, lpips

NAMES = protocols.names()
GREY_64 = clip.ClipSpec(8, 64, 64, channels=1)
GREY_16 = clip.ClipSpec(8, 16, 16, channels=1)
RGB_16 = clip.ClipSpec(8, 16, 16)
MASKED_32 = clip.ClipSpec(4, 32, 32, has_masks=True, has_flow=True)
HOLED_32 = dataclasses.replace(MASKED_32, has_holes=True)
BLURRED_32 = dataclasses.replace(MASKED_32, has_blurred_frames=True)


# --- Small clips in the true format


class Always(tf.Module):
    """A classifier of clips of one size that sees class 0 in all of them."""

    def __init__(self, spec: clip.ClipSpec) -> None:
        shape = [None, *spec.shapes()["frames"]]
        signature = [tf.TensorSpec(shape, tf.uint8, "frames")]
        self.classify = tf.function(self._classify, input_signature=signature)

    def _classify(self, frames):
        means = tf.reduce_mean(tf.cast(frames, tf.float32), axis=[2, 3, 4])  # [N, T]
        labels = tf.zeros_like(means[:, 0], tf.int32)
        return {"probabilities": tf.one_hot(labels, 2), "features": means}


class Pixels:
    """Takes the place of I3D's trunk in VFID."""

    def trunk(self, frames, *, clip_statistics):
        assert clip_statistics
        return frames


def classifier(folder: pathlib.Path, spec: clip.ClipSpec) -> list[str]:
    module, path = Always(spec), folder / "classifier"
    tf.saved_model.save(module, str(path), signatures={"classify": module.classify})
    return [f"CLASSIFIER = '{path}'"]


def random_features(*scopes: str) -> list[str]:
    """Bindings that put a cheap network in the place of I3D, whose weights are large."""
    made = "@random_convolutions.RandomConvolutions()"
    return [
        "from tfvideogan.metrics.features import random_convolutions",
        *(f"{one}video_distance.VideoDistance.extractor = {made}" for one in scopes),
    ]


def kth(folder: pathlib.Path, frames: int) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kth_tree, "RANGE", frames)
        root = kth_tree.write(folder / "KTH", persons=(1, 2, 22), actions=("boxing",))
    return [f"KTH_ROOT = '{root}'", "kth.Kth.actions = ('boxing',)"]


def moving_mnist(folder: pathlib.Path) -> list[str]:
    root, file = mnist_tree.write(folder / "mnist"), folder / "mnist_test_seq.npy"
    shades = np.arange(20 * 3, dtype=np.uint8).reshape(20, 3, 1, 1)
    np.save(file, np.broadcast_to(shades, (20, 3, 64, 64)))
    return [f"MNIST_ROOT = '{root}'", f"MNIST_TEST_FILE = '{file}'"]


def bair(folder: pathlib.Path) -> list[str]:
    return [f"BAIR_ROOT = '{bair_tree.write(folder / 'bair')}'"]


def ucf101(folder: pathlib.Path) -> list[str]:
    return [f"UCF_ROOT = '{ucf101_tree.write(folder / 'UCF', num_frames=17)}'"]


def davis(folder: pathlib.Path) -> list[str]:
    lengths = {"bear": 8, "dog": 13, "camel": 33}
    root = davis_tree.write(folder / "DAVIS", sequences=lengths, width=96)
    return [f"DAVIS_ROOT = '{root}'"]


def strips(folder: pathlib.Path) -> list[str]:
    """Ten strips of 32 frames in each of two classes: a bar that goes to the right."""
    frames = np.zeros((32, 64, 64, 3), np.uint8)
    for time in range(32):
        frames[time, 20:30, time : time + 10] = 200
    strip = Image.fromarray(np.concatenate(list(frames), axis=1))
    for label, number in itertools.product(("0", "1"), range(10)):
        path = folder / "strips" / label / f"{number:04d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        strip.save(path)
    return [f"STRIPS_ROOT = '{folder / 'strips'}'"]


@dataclasses.dataclass(frozen=True)
class Case:
    """How a protocol is tried.

    Attributes:
      spec: of the training.
      given: frames that the model is given.
      expected: some results, by hand, without what stands in brackets; all frames that
        are not given are off by a tenth. None for any number.
      data: writes small files and returns the bindings that name them.
      more: further bindings.
      cache: data set that is converted, so that its cache has a place here.
      has_classifier: whether it wants one, of clips like those of the training.
      clips: how many are judged.
    """

    spec: clip.ClipSpec
    given: int
    expected: Mapping[str, float | None]
    data: Callable[[pathlib.Path], list[str]] = lambda folder: []
    more: Sequence[str] = ()
    cache: str = ""
    has_classifier: bool = False
    clips: int = 2


PREDICTED = {"PSNR/model/mean": 20.0, "PSNR/best of 2/+1": 20.0}
# 64 x 64 grey pixels, each off by 0.1.
SUMS = {"MSE sum/model/mean": 40.96, "MAE sum/model/+3": 409.6}
CONTENT = {"object found/real/T": 1.0, "ACD/real/T": 0.0}
# Soft masks of 0.7 count from the half on, not from 0.82 on.
MASKS = {
    "J mean/model/T": 1.0,
    "J mean/model from 0.82/T": 0.0,
    "L1/composite/4T": 0.1,
    "PSNR/composite/T": 20.0,
}
# Everything is off by a tenth, of 8-bit values by 25 or 26.
COMPLETED = {
    "PSNR in holes/completed/all": 20.0,
    "PSNR in holes/completed - mean/all": None,
}
COMPLETED_BYTES = {
    "PSNR in holes/completed/all": None,
    "VFID/model/16 frames, n=2": None,
}
ONE_BASELINE = ["completion.CompletionQuality.baselines = ('mean',)"]
FVD = {"FVD/model/16 frames, n=2": None, "FVD/floor/16 frames, n=2": None}
RESTORED = {
    "PSNR/restored/all": 20.0,
    "PSNR/restored - blurred/all": None,
    "LPIPS-Alex/restored/all": None,
}
LPIPS = {"LPIPS-Alex/model/all": None, "LPIPS-Alex/copied frame/all": None}
GREY_128 = dataclasses.replace(GREY_64, height=128, width=128)
RGB_64 = clip.ClipSpec(16, 64, 64)
CASES = {
    "bair1_15_fvd": Case(
        RGB_64, 1, PREDICTED | FVD, bair, random_features(""), "bair.Bair"
    ),
    "davis_completion_clean": Case(
        HOLED_32,
        0,
        COMPLETED | {"LPIPS-Alex/completed/all": None},
        davis,
        ONE_BASELINE,
        "davis.Davis",
    ),
    "davis_completion_community": Case(
        HOLED_32, 0, COMPLETED_BYTES, davis, ONE_BASELINE, "davis.Davis"
    ),
    "davis_deblur_average": Case(
        BLURRED_32, 0, RESTORED, davis, cache="davis.Davis", clips=1
    ),
    "davis_deblur_shake": Case(
        BLURRED_32, 0, RESTORED, davis, cache="davis.Davis", clips=1
    ),
    "davis_foregan": Case(MASKED_32, 1, MASKS, davis, cache="davis.Davis", clips=1),
    "digits_10_10": Case(GREY_64, 10, PREDICTED | SUMS),
    "kth10_20_128": Case(
        GREY_128,
        10,
        PREDICTED | LPIPS,
        functools.partial(kth, frames=30),
        cache="kth.Kth",
    ),
    "kth10_30_64": Case(
        GREY_64,
        10,
        PREDICTED | LPIPS | {"FVD/model/40 frames, n=2": None},
        functools.partial(kth, frames=40),
        random_features(""),
        "kth.Kth",
    ),
    "kth10_40_128": Case(
        GREY_128, 10, PREDICTED, functools.partial(kth, frames=50), cache="kth.Kth"
    ),
    "mmnist10_10": Case(GREY_64, 10, PREDICTED | SUMS, moving_mnist),
    "mocogan_content": Case(
        RGB_64, 1, CONTENT, strips, cache="strips.Strips", has_classifier=True
    ),
    # Classes take turns, so that the classifier is right about every second clip.
    "shapes_content": Case(
        RGB_64, 1, CONTENT | {"motion score/real/T": 0.5}, has_classifier=True
    ),
    "shapes_uncond_16": Case(
        RGB_64, 1, FVD, more=random_features("appearance/"), has_classifier=True
    ),
    "sprites_completion": Case(HOLED_32, 0, COMPLETED, more=ONE_BASELINE),
    "sprites_foregan": Case(MASKED_32, 1, MASKS | {"PSNR/backgrounds/T": 20.0}),
    "strips_3_10": Case(RGB_16, 3, PREDICTED, strips, cache="strips.Strips"),
    "ucf101_fvd2048_16f": Case(
        RGB_64, 1, FVD, ucf101, random_features(""), "ucf101.Ucf101"
    ),
    # Who sees one class only gives the least score.
    "ucf101_is": Case(
        RGB_64,
        1,
        {"IS/model/16 frames, n=12": 1.0},
        ucf101,
        cache="ucf101.Ucf101",
        has_classifier=True,
        clips=12,
    ),
    "walkers_10_20": Case(GREY_16, 10, PREDICTED),
    "walkers_uncond_16": Case(
        dataclasses.replace(GREY_16, frames=16),
        1,
        FVD,
        more=random_features("appearance/"),
        has_classifier=True,
    ),
}
# The others are rare: they differ in what their data sets' own tests show.
OFTEN = ("mmnist10_10", "shapes_content", "strips_3_10", "walkers_uncond_16")


def test_every_protocol_is_tried() -> None:
    assert sorted(CASES) == NAMES


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """Networks of LPIPS and VFID by hand, and features of real clips kept here."""
    monkeypatch.setattr(i3d, "load", Pixels)
    distance = lpips.LPIPS("alexnet", test_lpips.arrays())
    monkeypatch.setattr(lpips, "load", lambda network: distance)
    monkeypatch.setenv("TFVIDEOGAN_CACHE", str(tmp_path / "features"))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in OFTEN else [pytest.mark.long])
        for name in NAMES
    ],
)
@pytest.mark.usefixtures("by_hand")
def test_protocol_judges(
    name: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = CASES[name]
    run = echo.write(tmp_path / "run", case.spec, given=case.given)
    bindings = [*case.data(tmp_path), *case.more]
    if case.cache:
        bindings.append(f"{case.cache}.cache_dir = '{tmp_path / 'cache'}'")
    if case.has_classifier:
        bindings += classifier(tmp_path, case.spec)
    flags = [f"--gin_param={one}" for one in bindings]
    number = f"--clips={case.clips}"
    assert (
        evaluate.main([f"--workdir={run}", f"--protocol={name}", number, *flags]) == 0
    )
    # Settings of a model wait for a model that has them, I3D's place is taken.
    elsewhere = ("loop.run.", "prediction.Options.", "dvdgan_prediction.Options.")
    unused = [one for one in config.unused() if not one.startswith(elsewhere)]
    assert not unused, f"nothing looks at these bindings: {unused}"
    [record] = training_runs.records(run, "eval.jsonl")
    made, text = protocols.read(name), capsys.readouterr().out
    assert "No published figures beside these" in text
    # The source is that which the protocol names.
    assert "clips are of" not in text
    assert "are drawn" not in text or f"are drawn ({made.data})" in text
    assert (record["protocol"], record["split"]) == (name, made.split)
    assert (record["clips"], record["frames"]) == (case.clips, made.frames)
    assert record["bindings"] == bindings and record["seed"] == made.seed
    results = {
        re.sub(r"\[.*?\]", "", key): value for key, value in record["results"].items()
    }
    for key, value in case.expected.items():
        assert results[key] is not None, key
        if value is not None:
            assert results[key] == pytest.approx(value, 1e-4, 1e-4), key


# --- The models of the package

TINY = {
    "sprites_foregan": ("gin/foregan.gin", ["foregan.Options.width = 4"]),
    "walkers_10_20": (
        "gin/mocogan/prediction.gin",
        [
            "JUDGED = 5",
            "prediction.Options.width = 4",
            "prediction.Options.context = 2",
        ],
    ),
    "shapes_content": ("gin/mocogan.gin", ["mocogan.Options.width = 2"]),
}


def untrained(path: pathlib.Path, gin_file: str, bindings: list[str]) -> clip.ClipSpec:
    """Writes the run folder of an experiment after no step; returns its clips."""
    config.parse([gin_file, "gin/smoke.gin"], bindings)
    arguments = config.arguments(loop.run)
    factories = (arguments["make_model"], arguments["make_source"])
    built = build.build(*factories, strategy.one_device())
    folder = run_folder.RunFolder(path)
    card = run_folder.make_card(built, config.values(), step=0, precision="float32")
    folder.write_start(card, config.text(), config.text())
    items = built.model.checkpoint_items()
    saver = checkpoints.Checkpoints(folder.checkpoints, items, model=built.model_name)
    saver.save(0, {})
    return built.source.spec


@pytest.mark.long
@pytest.mark.parametrize("name", TINY)
def test_model_of_the_package_is_judged(name: str, tmp_path: pathlib.Path) -> None:
    run = tmp_path / "run"
    spec = untrained(run, *TINY[name])
    bindings = []
    if CASES[name].has_classifier:
        longer = spec.with_frames(protocols.read(name).frames)
        bindings = classifier(tmp_path, longer)
    flags = [f"--gin_param={one}" for one in bindings]
    command = [f"--workdir={run}", f"--protocol={name}", "--clips=2", *flags]
    assert evaluate.main(command) == 0
    [record] = training_runs.records(run, "eval.jsonl")
    assert (record["protocol"], record["clips"]) == (name, 2)
    assert record["size"] == [32, 32, spec.channels]
    assert record["training_frames"] == 4 != record["frames"]
    assert any(value is not None for value in record["results"].values())
