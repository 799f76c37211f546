"""Every family's main verb, by three runtimes that are not TensorFlow.

docs/serving.md has what they found.
"""

import pathlib

import pytest

from tests import test_gin, traced_graphs
from tests.serving.export.plain import runtimes
from tfvideogan.core import clip
from tfvideogan.engine import loop
from tfvideogan.engine.config import config
from tfvideogan.models import base
from tfvideogan.serving.export.plain import plain, writing

FAMILIES = (
    "gin/captioner.gin",
    "gin/classifier.gin",
    "gin/cpnet.gin",
    "gin/deblurgan.gin",
    "gin/dvdgan.gin",
    "gin/dvdgan/prediction.gin",
    "gin/foregan.gin",
    "gin/foregan/baseline.gin",
    "gin/foregan/exp5.gin",
    "gin/mocogan.gin",
    "gin/mocogan/paper.gin",
    "gin/mocogan/prediction.gin",
    "gin/opn.gin",
    "gin/text2image.gin",
    "gin/text2video.gin",
    "gin/vinet.gin",
)
# Of videos whose length is open: a request as long as it must be to have a loop, or as the
# signature wants it.
LENGTH, LENGTHS = 2, {"gin/foregan/exp5.gin": 4}
BYTE = 1.0


def built(path: str) -> base.VideoModel:
    """A narrow model of an experiment, as it begins."""
    paths = test_gin.stack(path)
    given = test_gin.given(paths)
    config.parse([*paths, test_gin.SMOKE], [*test_gin.narrow(path), *given])
    arguments = config.arguments(loop.run)
    spec = clip.ClipSpec(4, 32, 32, has_masks=True, has_flow=True)
    if not given:
        spec = arguments["make_source"]().spec
    model = arguments["make_model"]()
    model.build_for(spec)
    return model


def plain_of(path: str) -> plain.Plain:
    model = built(path)
    verb, served = next(iter(model.fixed_size_functions().items()))
    sizes = plain.of_clip(model.spec) | {"T": LENGTHS.get(path, LENGTH)}
    return plain.make(verb, served, sizes)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(test_gin.source_tree.ROOT)
    yield
    config.reset()
    traced_graphs.forget()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory):
    """Writes a family's plain export when it is first asked for."""
    folders: dict[str, pathlib.Path] = {}

    def folder_of(path: str) -> pathlib.Path:
        if path not in folders:
            folder = tmp_path_factory.mktemp("plain")
            folders[path], largest = writing.write(
                plain_of(path), {}, base=folder / "model", version=1
            )
            assert largest <= 1e-5
        return folders[path]

    return folder_of


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("path", FAMILIES)
@pytest.mark.parametrize("runtime", sorted(runtimes.PACKAGES))
def test_a_family_answers_elsewhere_as_here(written, path: str, runtime: str) -> None:
    if reason := runtimes.missing(runtime):
        pytest.skip(reason)
    found = runtimes.differences(runtime, written(path))
    for output, difference in found.items():
        allowed = 1e-5 if output.startswith("float") else BYTE
        assert difference <= allowed, (output, found)
