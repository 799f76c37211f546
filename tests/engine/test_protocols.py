"""Each protocol judges small clips in the true format; published rows keep apart."""

import dataclasses
import itertools
import pathlib
import types
from collections.abc import Callable, Mapping

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests import source_tree
from tests.data import bair_tree, davis_tree, kth_tree, mnist_tree
from tests.engine import echo, training_runs
from tfvideogan import evaluate
from tfvideogan.core import clip, errors
from tfvideogan.engine import loop, protocols
from tfvideogan.engine.config import config

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
    report = types.SimpleNamespace(protocol={"clips": clips})
    text = protocol(**settings).comparison(source, report, changes)
    if why is None:
        assert protocols.HEADING in text and "26.99" in text
    else:
        assert why in text and "\n" not in text and "26.99" not in text


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
    """A classifier of 16 frames of 64x64 that sees class 0 in all of them."""

    @tf.function(
        input_signature=[tf.TensorSpec([None, 16, 64, 64, 3], tf.uint8, "frames")]
    )
    def classify(self, frames):
        return {"probabilities": tf.one_hot(tf.zeros_like(frames[:, 0, 0, 0, 0]), 2)}


def classifier(folder: pathlib.Path) -> list[str]:
    module = Always()
    signatures = {"classify": module.classify}
    tf.saved_model.save(module, str(folder / "classifier"), signatures=signatures)
    return [f"CLASSIFIER = '{folder / 'classifier'}'"]


def kth(folder: pathlib.Path, frames: int = 40) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kth_tree, "RANGE", frames)
        root = kth_tree.write(folder / "KTH", persons=(1, 2, 22), actions=("boxing",))
    return [f"KTH_ROOT = '{root}'", "kth.Kth.actions = ('boxing',)"]


def moving_mnist(folder: pathlib.Path) -> list[str]:
    root = mnist_tree.write(folder / "mnist")
    shades = np.arange(20 * 3, dtype=np.uint8).reshape(20, 3, 1, 1)
    clips = np.broadcast_to(shades, (20, 3, 64, 64))
    np.save(folder / "mnist_test_seq.npy", clips)
    file = folder / "mnist_test_seq.npy"
    return [f"MNIST_ROOT = '{root}'", f"MNIST_TEST_FILE = '{file}'"]


def bair(folder: pathlib.Path) -> list[str]:
    return [f"BAIR_ROOT = '{bair_tree.write(folder / 'bair')}'"]


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
      data: writes small files and returns the bindings that name them.
      expected: some results, by hand; all predictions are off by a tenth.
      cache: data set that is converted, so that its cache has a place here.
      clips: how many there are, at most two.
    """

    spec: clip.ClipSpec
    given: int
    expected: Mapping[str, float]
    data: Callable[[pathlib.Path], list[str]] = lambda folder: []
    cache: str = ""
    clips: int = 2


PREDICTED = {"PSNR/model/mean": 20.0, "PSNR/best of 2/+1": 20.0}
# 64 x 64 grey pixels, each off by 0.1.
SUMS = {"squared error/model/mean": 40.96, "absolute error/model/+3": 409.6}
CONTENT = {"object found/real/T": 1.0, "ACD/real/T": 0.0}
# Soft masks of 0.7 count from the half on, not from 0.82 on.
MASKS = {
    "J mean/model/T": 1.0,
    "J mean/model from 0.82/T": 0.0,
    "L1/composite/4T": 0.1,
    "PSNR/composite/T": 20.0,
}
GREY_128 = dataclasses.replace(GREY_64, height=128, width=128)
CASES = {
    "bair1_15_fvd": Case(clip.ClipSpec(8, 64, 64), 1, PREDICTED, bair, "bair.Bair"),
    "davis_foregan": Case(MASKED_32, 1, MASKS, davis, "davis.Davis", clips=1),
    "digits_10_10": Case(GREY_64, 10, PREDICTED | SUMS),
    "kth10_20_128": Case(GREY_128, 10, PREDICTED, kth, "kth.Kth"),
    "kth10_30_64": Case(GREY_64, 10, PREDICTED, kth, "kth.Kth"),
    "kth10_40_128": Case(
        GREY_128, 10, PREDICTED, lambda folder: kth(folder, 50), "kth.Kth"
    ),
    "mmnist10_10": Case(GREY_64, 10, PREDICTED | SUMS, moving_mnist),
    "mocogan_content": Case(
        clip.ClipSpec(16, 64, 64),
        1,
        CONTENT,
        lambda folder: [*strips(folder), *classifier(folder)],
        "strips.Strips",
    ),
    # Classes take turns.
    "shapes_content": Case(
        clip.ClipSpec(16, 64, 64),
        1,
        CONTENT | {"motion score/real/T": 0.5},
        classifier,
    ),
    "sprites_foregan": Case(MASKED_32, 1, MASKS | {"PSNR/backgrounds/T": 20.0}),
    "strips_3_10": Case(RGB_16, 3, PREDICTED, strips, "strips.Strips"),
    "walkers_10_20": Case(GREY_16, 10, PREDICTED),
}
# The others are rare: they differ in what their data sets' own tests show.
OFTEN = ("kth10_30_64", "mmnist10_10", "shapes_content", "strips_3_10")


def test_every_protocol_is_tried() -> None:
    assert sorted(CASES) == NAMES


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in OFTEN else [pytest.mark.long])
        for name in NAMES
    ],
)
def test_protocol_judges(
    name: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = CASES[name]
    run = echo.write(tmp_path / "run", case.spec, given=case.given)
    bindings = case.data(tmp_path)
    if case.cache:
        bindings.append(f"{case.cache}.cache_dir = '{tmp_path / 'cache'}'")
    flags = [f"--gin_param={one}" for one in bindings]
    command = [f"--workdir={run}", f"--protocol={name}", "--clips=2", *flags]
    assert evaluate.main(command) == 0
    # Settings of a model wait for a model that has them.
    elsewhere = ("loop.run.", "prediction.Options.")
    unused = [one for one in config.unused() if not one.startswith(elsewhere)]
    assert not unused, f"nothing looks at these bindings: {unused}"
    [record] = training_runs.records(run, "eval.jsonl")
    made = protocols.read(name)
    assert (record["protocol"], record["split"]) == (name, made.split)
    assert (record["clips"], record["frames"]) == (case.clips, made.frames)
    assert record["bindings"] == bindings and record["seed"] == made.seed
    for key, value in case.expected.items():
        assert record["results"][key] == pytest.approx(value, 1e-4, 1e-4), key
    assert "No published figures beside these" in capsys.readouterr().out
