"""Every published gin file is read, built, trained and judged, and some also served.

gin/data/, gin/protocols/, base.gin and smoke.gin are parts; everything else is an
experiment, alone or, where it binds no model, on top of its family's file
(gin/foregan/davis.gin after gin/foregan.gin).
"""

import math
import pathlib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from tests import check_model, source_tree, traced_graphs
from tests.data import davis_tree
from tests.engine import training_runs
from tfvideogan import export, train
from tfvideogan.core import clip
from tfvideogan.data import pipeline
from tfvideogan.engine import build, evaluator, loop
from tfvideogan.engine.config import config
from tfvideogan.engine.runs import differences
from tfvideogan.models import monitors
from tfvideogan.serving import tensors
from tfvideogan.serving.export import card, replay, warmup
from tfvideogan.serving.local import server
from tfvideogan.serving.local.lifecycle import config as lifecycle

BASE, SMOKE = "gin/base.gin", "gin/smoke.gin"
FILES = source_tree.files("gin", ".gin")
# Protocols are tried in tests/engine/test_protocol_bundles.py.
FOLDERS_OF_PARTS = ("gin/data/", "gin/protocols/")
PARTS = [BASE, SMOKE, *(path for path in FILES if path.startswith(FOLDERS_OF_PARTS))]
EXPERIMENTS = [path for path in FILES if path not in PARTS]

INCLUDE = re.compile(r"^include ['\"](.+)['\"]", re.MULTILINE)
# `NAME = %gin.REQUIRED`: what only the user can know.
REQUIRED = re.compile(r"^(\w+) = %gin\.REQUIRED", re.MULTILINE)
ANSWER_TIMEOUT = 120.0  # seconds, on a machine that does much else
SIZES = ["FRAMES = ", "HEIGHT = ", "WIDTH = ", "CROP = ", "JUDGED_WINDOW = "]
# `height = 64` or `frames = 1` of a source: a network that fits one size only, which
# smoke.gin cannot shrink.
PINNED = re.compile(r"^  (height|frames) = \d+", re.MULTILINE)
# Sources of clips: a file on top may replace the one that the file below has bound.
SOURCES = tuple(
    f"{pathlib.PurePath(path).stem}."
    for path in source_tree.files("tfvideogan/data", ".py")
)


def one_by_one(paths: Iterable[str]) -> list[Any]:
    """Parameters of tests of up to two minutes each; any worker may run any of them."""
    return [
        pytest.param(path, marks=[pytest.mark.xdist_group(path), pytest.mark.long])
        for path in paths
    ]


# The first experiment of each model, and those whose signatures differ from its, run as a
# user runs them, up to an answer. The others, variants of these, go through the same code
# with other numbers: they take two steps and are judged without graphs, in about a third of
# the time.
SERVED_AS_WELL = (
    "gin/captioner/still.gin",
    "gin/cpnet/paper.gin",
    "gin/deblurgan/video.gin",
    "gin/dvdgan/v1.gin",
    "gin/opn/tcn.gin",
    "gin/vinet/paper.gin",
)
# What makes a model small, by the name under which experiments bind it.
NARROW = {
    "classifier.VideoClassifier": [
        "classifier.Options.width = 2",
        "classifier.Options.blocks = 1",
    ],
    "captioner.VideoCaptioner": [
        "captioner.Options.width = 2",
        "captioner.Options.levels = 1",
        "captioner.Options.units = 4",
    ],
    "flow_completion.FlowCompletion": ["flow_completion.Options.width = 2"],
    "cpnet.CPNet": [
        "cpnet.Options.width = 2",
        "cpnet.Options.alignment_width = 2",
        "cpnet.Options.alignment_size = 32",
        "cpnet.Options.alignment_steps = 1",
    ],
    "deblurgan.DeblurGAN": [
        "CROP = None",
        "WIDTHS = (2, 4)",
        "deblurgan.Options.blocks = (1, 1)",
        "deblurgan.Options.critic_width = 2",
    ],
    "paper.PaperDeblurGAN": [
        "paper.Options.width = 2",
        "paper.Options.critic_width = 2",
    ],
    "vinet.VINet": [
        "vinet_options.Options.widths = (2, 2, 2, 2)",
        "vinet_options.Options.flow_widths = (2, 2, 2, 2, 2)",
        "vinet_options.Options.context_widths = (2, 2, 2, 2, 2, 2)",
        "vinet_options.Options.search_range = 1",
        "vinet_options.Options.targets = 2",
        "vinet_options.Options.sources_start = 0",
        "vinet_options.Options.recurrence_start = 0",
    ],
    "foregan.ForeGAN": [
        "foregan.Options.width = 4",
        "foregan.Options.critic_width = 4",
        "foregan.Options.blocks = 1",
        "foregan.Options.num_patches = 2",
    ],
    "thesis.ThesisForeGAN": [
        "options.Options.width = 0.0625",
        "options.Options.blocks = 1",
        "options.Options.num_patches = 2",
        # One graph for both steps.
        "options.Options.generator_every = 1",
    ],
    "mocogan.MoCoGAN": [
        "mocogan.Options.width = 2",
        "mocogan.Options.critic_width = 4",
        "mocogan.Options.long_multiple = 2",
    ],
    "opn.OPN": [
        "options.Options.width = 2",
        "options.Options.train_passes = 1",
        "options.Options.consistency_start = 0",
        "objective.LossWeights.perceptual = 0.0",
        "objective.LossWeights.style = 0.0",
    ],
    "paper.PaperMoCoGAN": [
        "paper.Options.width = 4",
        "paper.Options.long_multiple = 2",
    ],
    "text2image.TextToImage": [
        "text2image.Options.width = 2",
        "text2image.Options.critic_width = 2",
        "text2image.Options.text_units = 4",
    ],
    "paper.PaperTextToImage": [
        "paper.Options.width = 2",
        "paper.Options.critic_width = 2",
    ],
    "paper.PaperTextToVideo": [
        "JUDGED = 5",
        "paper.Options.filters = 2",
        "paper.Options.hidden = 8",
        "paper.Options.critic_width = 2",
        "schedules.Schedule.pretraining_steps = 1",
        "schedules.Schedule.critic_steps = 0",
    ],
    # As the head of gin/mocogan/prediction.gin says for a quick trial.
    "prediction.PredictionMoCoGAN": [
        "JUDGED = 5",
        "prediction.Options.width = 4",
        "prediction.Options.pair_width = 4",
        "prediction.Options.critic_width = 4",
        "prediction.Options.long_multiple = 2",
        "prediction.Options.num_samples = 1",
    ],
    "dvdgan.DVDGAN": [
        "K = 2",
        "dvdgan.Options.width = 2",
        "dvdgan.Options.critic_width = 2",
        "dvdgan.Options.standing_batches = 1",
        "dvdgan.Options.standing_clips = 2",
    ],
    "prediction.PredictionDVDGAN": [
        "K = 2",
        "CONTEXT = 2",
        "JUDGED = 5",
        "WIDE = 2",
        "prediction.Options.encoder_width = 2",
        "prediction.Options.long_multiple = 2",
        "prediction.Options.num_samples = 1",
    ],
    # Likewise the head of gin/text2video.gin.
    "text2video.TextToVideo": [
        "JUDGED = 3",
        "WIDE = 2",
        "text2video.Options.critic_width = 2",
        "text2video.Options.units = 4",
    ],
}
# Never made at their own width: hundreds of millions of parameters, or a dozen alike. What
# trains them sees whether they use every binding.
NARROWED = ("gin/dvdgan/", "gin/foregan/")
AT_THEIR_WIDTH = [one for one in EXPERIMENTS if not one.startswith(NARROWED)]
TWO_STEPS = [
    "STEPS = 2",
    "loop.run.sample_every = 0",
    "loop.run.num_samples = 1",
    "loop.run.save_every = 0",
]


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


@pytest.fixture
def freed() -> Iterator[None]:
    """Frees the model of an experiment behind its test: all together fill 20 GB."""
    yield
    traced_graphs.forget()


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
def test_run_of_an_experiment_is_no_run_of_another_version(path: str) -> None:
    paths = stack(path)
    values = config.parse(paths, given(paths)).values
    assert differences.missing_modules(values) == []


@pytest.mark.parametrize("path", EXPERIMENTS)
def test_smoke_shrinks_experiment(path: str) -> None:
    paths = stack(path)
    full = config.parse(paths, given(paths)).values
    tiny = config.parse([*paths, SMOKE], given(paths)).values
    for name in ("steps", "log_every", "save_every"):
        key = f"tfvideogan.engine.loop.run.{name}"
        assert int(tiny[key]) <= int(full[key]), f"{path} with {SMOKE}: {name}"


@pytest.mark.slow
@pytest.mark.usefixtures("freed")
@pytest.mark.parametrize("path", one_by_one(AT_THEIR_WIDTH))
def test_experiment_is_built_and_uses_every_binding(path: str) -> None:
    paths = stack(path)
    bindings = given(paths)
    config.parse([*paths, SMOKE], bindings)
    arguments = config.arguments(loop.run)
    if bindings:  # Its clips lie in the user's folder; these are like them.
        has_blur = "make_source = @blurred." in whole(paths[-1])
        spec = clip.ClipSpec(
            4, 32, 32, has_masks=True, has_flow=True, has_blurred_frames=has_blur
        )
    else:
        spec = arguments["make_source"]().spec
    arguments["make_model"]().build_for(spec)
    check_every_binding_is_used(path)


def check_every_binding_is_used(path: str) -> None:
    """Asks gin, which knows what was looked at since its files were parsed."""
    bindings = given(stack(path))
    # What the loop itself takes was checked by name when the file was parsed.
    known = ["loop.run.", *SOURCES, *(one.split(" =")[0] for one in bindings)]
    if bindings or PINNED.search((source_tree.ROOT / path).read_text(encoding="utf-8")):
        known += SIZES
    unused = [one for one in config.unused() if not one.startswith(tuple(known))]
    assert not unused, f"{path}: nothing looks at these bindings: {unused}"


# --- From a gin file to an answer


def narrow(path: str) -> list[str]:
    """Bindings that make an experiment's model as small as it can be."""
    return NARROW[model_of(path)]


def model_of(path: str) -> str:
    """The name under which an experiment binds its model."""
    text = whole(stack(path)[0])
    [model] = [one for one in NARROW if f"make_model = @{one}" in text]
    return model


def data_of(bindings: list[str], folder: pathlib.Path) -> list[str]:
    """Bindings of small files for what is left to the user; they are DAVIS' so far."""
    assert bindings in ([], ["DAVIS_ROOT = 'given'"])
    if not bindings:
        return []
    lengths = dict.fromkeys(("bear", "dog", "camel"), 9)  # frames of a judged window
    root = davis_tree.write(folder / "DAVIS", sequences=lengths)
    return [f"DAVIS_ROOT = '{root}'", f"davis.Davis.cache_dir = '{folder / 'cache'}'"]


@pytest.fixture
def answers_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replays an export in this process; tests/test_export.py has it in a fresh one."""

    def answers(
        folder: pathlib.Path, scratch: pathlib.Path, requests: pathlib.Path
    ) -> Iterator[Mapping[str, np.ndarray]]:
        yield from replay.replay(folder, [folder / warmup.PATH, requests])

    monkeypatch.setattr(replay, "in_fresh_process", answers)


def is_finite(value: float | None) -> bool:
    """Whether a recorded number is one; what is not a number is recorded as none."""
    return value is not None and math.isfinite(value)


def answer(folder: pathlib.Path) -> predict_pb2.PredictResponse:
    """What the local server answers to the first request of an export's warm-up."""
    request = next(warmup.read_file(folder / warmup.PATH))
    model = lifecycle.ModelConfig(request.model_spec.name, folder.parent)
    options = server.Options(
        models=(model,), pick_ports=True, enable_model_warmup=False
    )
    local = server.LocalServer(options)
    local.start()
    try:
        with grpc.insecure_channel(local.grpc_address) as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            return stub.Predict(request, timeout=ANSWER_TIMEOUT)
    finally:
        local.stop()


def is_served(path: str) -> bool:
    """Whether an experiment is exported and answers, see `SERVED_AS_WELL`."""
    alike = [one for one in EXPERIMENTS if model_of(one) == model_of(path)]
    return path == alike[0] or path in SERVED_AS_WELL


SERVED = [path for path in EXPERIMENTS if is_served(path)]
VARIANTS = [path for path in EXPERIMENTS if path not in SERVED]


@pytest.mark.slow
@pytest.mark.parametrize("path", one_by_one(SERVED))
@pytest.mark.usefixtures("answers_here", "freed")
def test_experiment_trains_is_judged_and_answers(
    path: str, tmp_path: pathlib.Path
) -> None:
    paths, run = stack(path), tmp_path / "run"
    bindings = [*narrow(path), *data_of(given(paths), tmp_path), *TWO_STEPS]
    flags = [f"--gin_file={one}" for one in [*paths, SMOKE]]
    flags += [f"--gin_param={one}" for one in bindings]
    assert train.main([*flags, f"--workdir={run}"]) == 0
    rows = training_runs.records(run)
    assert [row["step"] for row in rows] == [1, 2]
    for row in rows:
        logged = {name: value for name, value in row.items() if "/" in name}
        assert all(is_finite(value) for value in logged.values()), logged
        assert row["skipped_steps"] == 0
    [judged] = training_runs.records(run, "eval.jsonl")
    assert judged["step"] == 2
    assert any(is_finite(value) for value in judged["results"].values())
    if path.startswith(NARROWED):
        check_every_binding_is_used(path)
    traced_graphs.forget()
    check_answer(run, tmp_path / "exports")


@pytest.mark.slow
@pytest.mark.parametrize("path", one_by_one(VARIANTS))
@pytest.mark.usefixtures("freed")
# Data are still read by graphs.
@pytest.mark.filterwarnings(
    "ignore:.*this option does not apply to tf.data:UserWarning"
)
def test_variant_takes_steps_and_is_judged(path: str, tmp_path: pathlib.Path) -> None:
    paths = stack(path)
    data = data_of(given(paths), tmp_path)
    config.parse([*paths, SMOKE], [*narrow(path), *data, *TWO_STEPS])
    arguments = config.arguments(loop.run)
    built = build.build(
        arguments["make_model"], arguments["make_source"], tf.distribute.get_strategy()
    )
    model = built.model
    batches = pipeline.make_dataset(
        built.source,
        "train",
        batch_size=arguments["batch_size"] * model.batches_per_step,
        seed=0,
        transforms=arguments.get("transforms", ()),
    )
    batch = next(iter(batches))
    split = evaluator.default_split(built.source, "validation", "test")
    judge = evaluator.Evaluator(model, built.source, arguments["metrics"])
    with check_model.eagerly():
        for step in range(2):
            logs = model.train_step(batch, model.active_phases(step))
            numbers = monitors.numbers(logs)
            assert all(is_finite(float(value)) for value in numbers.values()), logs
            assert float(logs["skipped"]) == 0.0
        report = judge.run(
            evaluator.Plan(
                split,
                arguments["eval_clips"],
                arguments["eval_multiples"],
                arguments["eval_batch_size"],
            )
        )
    assert report.finite()
    check_every_binding_is_used(path)


def check_answer(run: pathlib.Path, exports: pathlib.Path) -> None:
    """Exports a run, and has the local server answer from it."""
    flags = [f"--workdir={run}", f"--export_dir={exports}", "--batch_sizes=1"]
    assert export.main(flags) == 0
    [folder] = exports.glob("*/1")
    described = card.read(folder)["signatures"]
    answered = answer(folder)
    outputs = described[answered.model_spec.signature_name]["outputs"]
    assert set(answered.outputs) == set(outputs)
    for proto in answered.outputs.values():
        value = tensors.to_array(proto)
        assert value.size
        is_text = value.dtype == object
        assert is_text or np.isfinite(np.asarray(value, np.float64)).all()
