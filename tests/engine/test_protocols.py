"""What a protocol is, what its file binds, and when published rows stand beside it.

test_protocol_bundles.py runs every one of them.
"""

import dataclasses
import re
import types

import pytest

from tests import source_tree
from tests.engine import echo
from tfvideogan.core import clip, errors
from tfvideogan.engine import loop, protocols
from tfvideogan.engine.config import config

INCLUDE = re.compile(r"^include ['\"](.+)['\"]", re.MULTILINE)
# `NAME = %gin.REQUIRED`: what only the user can know.
REQUIRED = re.compile(r"^(\w+) = %gin\.REQUIRED", re.MULTILINE)
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


def test_a_protocol_may_judge_at_a_size_of_its_own() -> None:
    large = dataclasses.replace(GREY_16, height=24, width=40)
    source = types.SimpleNamespace(name="kth", spec=large)
    own = protocol(judged_size=(24, 40))
    own.check_size(GREY_16, "runs/a")
    own.check_source(source, GREY_16, "runs/a")
    assert own.judged(GREY_16) == large and own.row()[5] == "24x40"
    with pytest.raises(errors.UserError, match="`height` 24, but runs/a .* 16"):
        protocol().check_source(source, GREY_16, "runs/a")


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


def with_includes(path: str) -> str:
    text = (source_tree.ROOT / path).read_text(encoding="utf-8")
    return text + "".join(map(with_includes, INCLUDE.findall(text)))


@pytest.mark.parametrize("name", NAMES)
def test_protocol_binds_clips_and_metrics_over_any_run(name: str) -> None:
    text = echo.TEXT.format(given=1) + "FRAMES = 8\nHEIGHT = 64\nWIDTH = 64\n"
    path = protocols.gin_file(name)
    required = set(REQUIRED.findall(with_includes(path)))
    given = [f"{macro} = 'given'" for macro in sorted(required)]
    parsed = config.parse_text(text, given, gin_files=[path])
    config.check_complete(loop.run, {"workdir": "any"})
    made = config.call(protocols.Protocol, name=name)
    assert made == protocols.read(name)
    assert parsed.values["tfvideogan.engine.loop.run.metrics"] != "()"


def test_document_tells_every_protocol_and_every_published_row() -> None:
    text = (source_tree.ROOT / "docs" / "protocols.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    table = [line.strip("| ").replace("`", "").split(" | ") for line in lines]
    documented = {tuple(row[:6]) for row in table}
    published = {row[0]: row[2] for row in table if len(row) == 3}
    for one in map(protocols.read, NAMES):
        assert one.row()[:-1] in documented, one.name
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
