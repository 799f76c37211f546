"""Each protocol judges small clips in the true format; published rows keep apart."""

import dataclasses
import functools
import itertools
import pathlib
import re
import types
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests import source_tree
from tests.data import bair_tree, davis_tree, kth_tree, mnist_tree, ucf101_tree
from tests.engine import echo, training_runs
from tests.pretrained import test_lpips
from tfvideogan import evaluate
from tfvideogan.core import clip, errors
from tfvideogan.engine import build, loop, protocols, strategy
from tfvideogan.engine.config import config
from tfvideogan.engine.runs import checkpoints, run_folder
from tfvideogan.pretrained import lpips

NAMES = protocols.names()
GREY_64 = clip.ClipSpec(8, 64, 64, channels=1)
GREY_16 = clip.ClipSpec(8, 16, 16, channels=1)
RGB_16 = clip.ClipSpec(8, 16, 16)
MASKED_32 = clip.ClipSpec(4, 32, 32, has_masks=True, has_flow=True)


def protocol(**settings: object) -> protocols.Protocol:
    settings = {"name": "p", "about": "p", "data": "kth", "frames": 4, **settings}
    return protocols.Protocol(**settings)


# --- What a protocol is


def test_plan_takes_the_smaller_number_of_clips() -> None:
    one = protocol(clips=8, seed=3, batch_size=2)
    plan = one.plan(weights="raw")
    assert (plan.clips, plan.frames, plan.seed) == (8, 4, 3)
    assert (plan.batch_size, plan.weights, plan.split) == (2, "raw", "test")
    assert one.plan(weights="ema", clips=5).clips == 5
    assert one.plan(weights="ema", clips=9).clips == 8
    assert protocol().plan(weights="ema").clips is None


@pytest.mark.parametrize("row", [("A", "", "X", (1.0, 2.0)), ("A", "", "V", (1.0,))])
def test_published_row_without_status_or_figure_is_refused(row: tuple) -> None:
    with pytest.raises(errors.UserError, match="the row of A needs a status"):
        protocol(measures=("PSNR", "SSIM"), published=(row,))


def test_other_size_is_refused_with_that_which_the_run_needs() -> None:
    with pytest.raises(errors.UserError) as raised:
        protocol(size=(128, 96)).check_size(GREY_64, "runs/a")
    assert "judges clips of 128x96, but runs/a was trained on 64x64" in str(
        raised.value
    )
    assert "HEIGHT = 128" in str(raised.value) and "WIDTH = 96" in str(raised.value)
    protocol(size=(64, 64)).check_size(GREY_64, "runs/a")
    protocol().check_size(GREY_64, "runs/a")


def test_clips_unlike_those_of_the_training_are_refused() -> None:
    source = types.SimpleNamespace(name="kth", spec=GREY_16)
    with pytest.raises(
        errors.UserError, match="kth have `channels` 1, but runs/a .* 3"
    ):
        protocol().check_source(source, RGB_16, "runs/a")
    protocol().check_source(source, dataclasses.replace(GREY_16, fps=3.0), "runs/a")


# --- Published figures

FILMED = types.SimpleNamespace(name="kth", is_procedural=False, num_clips=lambda _: 8)
DRAWN = types.SimpleNamespace(name="kth", is_procedural=True, num_clips=lambda _: 8)
OTHER = types.SimpleNamespace(name="davis", is_procedural=False, num_clips=lambda _: 8)
KNOWN = {
    "measures": ("PSNR", "FVD"),
    "published": (("A", "table 1", "V", (26.99, None)), ("Bee", "", "R", (3, 1431.0))),
}


@pytest.mark.parametrize(
    "source, clips, settings, changes, why",
    [
        (FILMED, 8, KNOWN, [], None),
        (FILMED, 5, {**KNOWN, "clips": 5}, [], None),
        (DRAWN, 8, KNOWN, [], "the clips are drawn"),
        (OTHER, 8, KNOWN, [], "the clips are of davis, not of kth"),
        (FILMED, 8, {}, [], "none are known"),
        (FILMED, 8, KNOWN, ["kth.Kth.fit = 'crop'"], "changed by kth.Kth.fit = 'crop'"),
        (FILMED, 7, KNOWN, [], "7 clips were judged, not 8"),
        (FILMED, 8, {**KNOWN, "clips": 9}, [], "8 clips were judged, not 9"),
    ],
)
def test_published_figures_stand_only_beside_what_was_found_alike(
    source: object, clips: int, settings: dict, changes: list[str], why: str | None
) -> None:
    text = protocol(**settings).comparison(source, clips, changes=changes)
    if why is None:
        assert protocols.HEADING in text and "26.99" in text
    else:
        assert why in text and "\n" not in text and "26.99" not in text


def test_published_figures_want_features_of_the_reference() -> None:
    networks = [
        types.SimpleNamespace(name=name, is_reference=name == "i3d")
        for name in ("i3d", "own")
    ]
    one = protocol(**KNOWN)
    assert protocols.HEADING in one.comparison(FILMED, 8, extractors=networks[:1])
    text = one.comparison(FILMED, 8, extractors=networks)
    assert "features of own are not those of the reference" in text


def test_published_table_leaves_unknown_figures_out() -> None:
    text = protocol(caveat="Careful.", **KNOWN).published_table()
    assert text.splitlines()[1:] == [
        "        PSNR   FVD",
        "A    V  26.99        table 1",
        "Bee  R  3      1431",
        "Careful.",
    ]


def test_changes_are_all_bindings_but_places() -> None:
    given = ["KTH_ROOT = '/a'", "kth.Kth.cache_dir = 'b'", "SEED = 1", "a.B.roots = 2"]
    parsed = config.Parsed((), tuple(given), "", {}, ("KTH_ROOT",))
    assert protocols.changes(parsed) == ["SEED = 1", "a.B.roots = 2"]


def test_data_set_otherwise_in_the_training_are_told() -> None:
    kth = "tfvideogan.data.datasets.kth.kth.Kth."
    trained = {kth + "protocol": "'20-5'", kth + "root": "'a'", kth + "stride": "1"}
    judged = {kth + "protocol": "'16-9'", kth + "root": "'b'", kth + "stride": "1"}
    judged[kth + "eval_frames"] = "30"
    assert protocols.other_settings(trained, judged) == [
        "kth.Kth.protocol = '20-5' (now '16-9')"
    ]


# --- The files


@pytest.mark.parametrize("name", NAMES)
def test_protocol_binds_clips_and_metrics_over_any_run(name: str) -> None:
    text = echo.TEXT.format(given=1) + "FRAMES = 8\nHEIGHT = 64\nWIDTH = 64\n"
    path = protocols.gin_file(name)
    required = [
        f"{macro} = 'given'"
        for macro in ("BAIR_ROOT", "CLASSIFIER", "DAVIS_ROOT", "KTH_ROOT")
        + ("MNIST_ROOT", "MNIST_TEST_FILE", "STRIPS_ROOT", "UCF_ROOT")
    ]
    parsed = config.parse_text(text, required, gin_files=[path])
    config.check_complete(loop.run, {"workdir": "any"})
    made = config.call(protocols.Protocol, name=name)
    assert made == protocols.read(name)
    assert parsed.values["tfvideogan.engine.loop.run.metrics"] != "()"


def test_document_tells_every_protocol_and_every_published_row() -> None:
    text = (source_tree.ROOT / "docs" / "protocols.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    table = [line.strip("| ").replace("`", "").split(" | ") for line in lines]
    told = {tuple(row[:6]) for row in table}
    published = {row[0]: row[2] for row in table if len(row) == 3}
    for one in map(protocols.read, NAMES):
        assert one.row()[:-1] in told, one.name
        for who, where, status, figures in one.published:
            shown = "/".join("-" if f is None else f"{f:g}" for f in figures)
            assert f"{where} [{status}]: " in published[one.name]
            assert f"{who} {shown}" in published[one.name], (one.name, who)


def test_listing_has_a_line_for_each() -> None:
    lines = protocols.listing().splitlines()
    assert [line.split()[0] for line in lines[1:]] == NAMES


def test_unknown_name_gets_the_list() -> None:
    with pytest.raises(errors.UserError, match="must be one of bair1_15_fvd, .*=list"):
        protocols.gin_file("kth")


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
    lengths = {"bear": 6, "dog": 8, "camel": 33}
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
FVD = {"FVD/model/16 frames, n=2": None, "FVD/floor/16 frames, n=2": None}
LPIPS = {"LPIPS-Alex/model/all": None, "LPIPS-Alex/copied frame/all": None}
GREY_128 = dataclasses.replace(GREY_64, height=128, width=128)
RGB_64 = clip.ClipSpec(16, 64, 64)
CASES = {
    "bair1_15_fvd": Case(
        RGB_64, 1, PREDICTED | FVD, bair, random_features(""), "bair.Bair"
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
    """A network of LPIPS by hand, and features of real clips kept here."""
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
    elsewhere = ("loop.run.", "prediction.Options.")
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
