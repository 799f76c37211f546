"""Every published gin file is read, built and trained for a step.

gin/data/, base.gin and smoke.gin are parts; everything else is an experiment, alone or,
where it binds no model, on top of its family's file (gin/foregan/davis.gin after
gin/foregan.gin).
"""

import math
import multiprocessing.pool
import pathlib
import re
from collections.abc import Iterator

import pytest

from tests import gin_step, source_tree
from tfvideogan.core import clip
from tfvideogan.engine import loop
from tfvideogan.engine.config import config

BASE, SMOKE = "gin/base.gin", "gin/smoke.gin"
FILES = source_tree.files("gin", ".gin")
PARTS = [BASE, SMOKE, *(path for path in FILES if path.startswith("gin/data/"))]
EXPERIMENTS = [path for path in FILES if path not in PARTS]

INCLUDE = re.compile(r"^include ['\"](.+)['\"]", re.MULTILINE)
# `NAME = %gin.REQUIRED`: what only the user can know.
REQUIRED = re.compile(r"^(\w+) = %gin\.REQUIRED", re.MULTILINE)
STEP_TIMEOUT = 900.0  # seconds, on a machine that does much else
SIZES = ["FRAMES = ", "HEIGHT = ", "WIDTH = "]
# `height = 64` of a source: a network that fits one size only, which smoke.gin cannot
# shrink.
PINNED = re.compile(r"^  height = \d+", re.MULTILINE)
# Sources of clips: a file on top may replace the one that the file below has bound.
SOURCES = tuple(
    f"{pathlib.PurePath(path).stem}."
    for path in source_tree.files("tfvideogan/data", ".py")
)


def whole(path: str) -> str:
    """Text of a gin file and of all it includes."""
    text = (source_tree.ROOT / path).read_text(encoding="utf-8")
    return "\n".join([text, *map(whole, INCLUDE.findall(text))])


def stack(path: str) -> list[str]:
    """The gin files to give for an experiment."""
    family = f"gin/{path.split('/')[1]}.gin"
    is_alone = "loop.run.make_model" in whole(path) or path.count("/") == 1
    return [path] if is_alone else [family, path]


def given(paths: list[str]) -> list[str]:
    """Bindings for what the files leave to the user."""
    names = {name for path in paths for name in REQUIRED.findall(whole(path))}
    return [f"{name} = 'given'" for name in sorted(names)]


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(source_tree.ROOT)
    yield
    config.reset()


@pytest.mark.parametrize("path", PARTS)
def test_part_of_an_experiment_parses(path: str) -> None:
    paths = [BASE] if path == BASE else [BASE, path]
    assert config.parse(paths, given(paths)).values


@pytest.mark.parametrize("path", EXPERIMENTS)
def test_experiment_binds_what_training_needs(path: str) -> None:
    paths = stack(path)
    config.parse(paths, given(paths))
    config.check_complete(loop.run, {"workdir": "runs/any"})


@pytest.mark.parametrize("path", EXPERIMENTS)
def test_smoke_shrinks_experiment(path: str) -> None:
    paths = stack(path)
    full = config.parse(paths, given(paths)).values
    tiny = config.parse([*paths, SMOKE], given(paths)).values
    for name in ("steps", "log_every", "save_every"):
        key = f"tfvideogan.engine.loop.run.{name}"
        assert int(tiny[key]) <= int(full[key]), f"{path} with {SMOKE}: {name}"


@pytest.fixture(scope="module")
def pool() -> Iterator[multiprocessing.pool.Pool]:
    """Processes that end after a few steps, see `gin_step`."""
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=3) as made:
        yield made


@pytest.mark.slow
@pytest.mark.parametrize("path", EXPERIMENTS)
def test_experiment_trains_a_step_and_uses_every_binding(
    path: str, pool: multiprocessing.pool.Pool
) -> None:
    paths = stack(path)
    bindings = given(paths)
    known = ["loop.run.", *SOURCES, *(one.split(" =")[0] for one in bindings)]
    spec = None
    if bindings:  # Its clips lie in the user's folder; these are like them.
        spec = clip.ClipSpec(4, 32, 32, has_masks=True, has_flow=True)
        known += SIZES
    if PINNED.search((source_tree.ROOT / path).read_text(encoding="utf-8")):
        known += SIZES
    work = pool.apply_async(gin_step.logs_and_unused, ([*paths, SMOKE], bindings, spec))
    logs, unused = work.get(STEP_TIMEOUT)
    assert all(math.isfinite(value) for value in logs.values()), logs
    assert logs["skipped"] == 0.0
    # What the loop itself takes was checked by name when the file was parsed.
    unused = [one for one in unused if not one.startswith(tuple(known))]
    assert not unused, f"{path}: nothing looks at these bindings: {unused}"
