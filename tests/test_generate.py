"""The door `generate`, and that `client` writes the same files, for a model with words."""

import functools
import pathlib
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests import served_toy, source_tree
from tfvideogan import client, generate, train
from tfvideogan.core import clip, pixels
from tfvideogan.engine import evaluator, rebuild
from tfvideogan.engine.config import config
from tfvideogan.media import reader, writer
from tfvideogan.serving.client import in_process
from tfvideogan.serving.export import checked
from tfvideogan.serving.local import server as local_server
from tfvideogan.serving.local.lifecycle import config as served_config
from tfvideogan.serving.local.lifecycle import versions

Run = Callable[..., int]
whole_load = in_process.InProcessClient.load


@pytest.fixture(scope="module")
def saved_models(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A folder with two versions of the model `talking`, the newer one without states."""
    root = tmp_path_factory.mktemp("here") / "saved_models"
    model = served_toy.TalkingGAN()
    model.build_for(clip.ClipSpec(3, 8, 8))
    served = model.serving_functions()
    forgetful = {name: served[name] for name in ("predict", "paint")}
    for version, functions in (("1", served), ("2", forgetful)):
        module = checked.SignatureModule(functions)
        folder = root / "talking" / version
        tf.saved_model.save(module, str(folder), signatures=module.concrete)
    return root


@pytest.fixture(scope="module")
def address(saved_models: pathlib.Path) -> Iterator[str]:
    every = versions.Policy(is_all=True)
    model = served_config.ModelConfig("talking", saved_models / "talking", every)
    started = local_server.LocalServer(
        local_server.Options(models=(model,), pick_ports=True)
    )
    started.start()
    yield started.grpc_address
    started.stop()


@functools.cache
def load(folder: pathlib.Path) -> in_process.InProcessClient:
    """Loads a model once for all tests: it takes longer than to run it."""
    return whole_load(folder)


@pytest.fixture(params=["client", "generate"])
def run(request, address: str, saved_models: pathlib.Path, monkeypatch) -> Run:
    """Calls either door for the model; both take the same flags."""
    monkeypatch.chdir(saved_models.parent)
    monkeypatch.setattr(in_process.InProcessClient, "load", load)
    door = {"client": client.main, "generate": generate.main}[request.param]
    server = [f"--server={address}"] if request.param == "client" else []

    def call(version: int = 1, **flags: object) -> int:
        given = [f"--{name}={value}" for name, value in flags.items()]
        return door([*server, "--model=talking", f"--version={version}", *given])

    call.refused = {"client": 4, "generate": 2}[request.param]
    return call


def shades(path: pathlib.Path) -> list[int]:
    """How bright the frames of a file are; each is of one grey."""
    frames, _ = reader.read_video(path)
    assert (frames == frames[:, :1, :1, :1]).all()
    return frames[:, 0, 0, 0].tolist()


@pytest.fixture
def picture(tmp_path: pathlib.Path) -> pathlib.Path:
    """A grey picture of another size than the model's."""
    Image.new("L", (16, 16), 50).save(tmp_path / "frame.png")
    return tmp_path / "frame.png"


@pytest.mark.parametrize(
    "steps, wanted",
    [
        ({}, [7, 9, 11]),
        ({"steps": 2}, [7, 9]),
        # Start, next and next; the last two frames are not wanted.
        ({"steps": 7}, [7, 9, 11, 13, 15, 17, 19]),
    ],
)
def test_words_alone_become_a_video_of_any_length(
    run: Run, tmp_path: pathlib.Path, steps: dict, wanted: list[int]
) -> None:
    out = tmp_path / "out.npz"
    assert run(text="up", seed=7, output=out, **steps) == 0
    assert shades(out) == wanted


def test_words_and_a_picture_become_a_video_of_any_length(
    run: Run, tmp_path: pathlib.Path, picture: pathlib.Path
) -> None:
    out = tmp_path / "out.npz"
    given = {"input": picture, "text": "Slowly up.", "output": out}
    assert run(**given, steps=5) == 0
    # The picture, then 1 + 2 brighter each time.
    assert shades(out) == [50, 53, 56, 59, 62, 65]
    assert run(**given, seed=100) == 0
    assert shades(out) == [50, 153, 156, 159]


def test_samples_go_on_side_by_side(run: Run, tmp_path: pathlib.Path) -> None:
    out = tmp_path / "out.npz"
    assert run(text="quickly", seed=10, samples=2, steps=4, output=out) == 0
    with np.load(out) as found:
        frames = found["frames"][..., 0, 0, 0].tolist()
    assert frames == [[10, 14, 18, 22], [11, 15, 19, 23]]


def test_an_image_is_a_picture_a_grid_or_a_folder_of_pictures(
    run: Run, tmp_path: pathlib.Path, capsys
) -> None:
    asked = {"signature": "paint", "text": "up", "seed": 5}
    assert run(**asked, output=tmp_path / "one.png") == 0
    with Image.open(tmp_path / "one.png") as found:
        assert (found.format, found.size, found.getpixel((0, 0))) == (
            "PNG",
            (8, 8),
            (7, 7, 7),
        )
        assert not getattr(found, "is_animated", False)
    assert run(**asked, samples=4, output=tmp_path / "grid.png") == 0
    assert "grid.png: image, 4 pictures" in capsys.readouterr().out
    grid, _ = reader.read_video(tmp_path / "grid.png")
    cell = 10  # and a gap of 2
    middles = grid[0, 4::cell, 4::cell, 0]
    assert middles.tolist() == [[7, 8], [9, 10]]
    assert run(**asked, samples=2, output=tmp_path / "all") == 0
    files = sorted((tmp_path / "all").iterdir())
    assert [one.name for one in files] == ["seed_5.png", "seed_6.png"]
    assert [shades(one) for one in files] == [[7], [8]]


@pytest.mark.parametrize(
    "text, said",
    [
        (
            "up quikly",
            "has the word `quikly`, which is not in the vocabulary; the near",
        ),
        ("up up up", "`text` has 3 words; it must have between 1 and 2"),
        (".", "`text` has 0 words"),
    ],
)
def test_what_the_graph_refuses_is_one_line(
    run: Run, tmp_path: pathlib.Path, capsys, text: str, said: str
) -> None:
    assert run(text=text, output=tmp_path / "out.mp4") == run.refused
    printed = capsys.readouterr().err
    assert said in printed and "The vocabulary: quickly slowly up." in printed
    [line] = [one for one in printed.splitlines() if one.startswith("error: ")]
    assert line.endswith("up.")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "version, flags, said",
    [
        (1, {"text": " "}, "--text is empty"),
        (1, {}, "--text is missing; generate wants a caption"),
        (
            2,
            {"text": "up", "input": "frame.png", "steps": 4},
            "`steps` is 4, but predict of this model answers 3 frames and has no "
            "predict_start and predict_next to go on with; take at most 3",
        ),
        (2, {"text": "up"}, "--input is missing; the model wants `context`"),
        (
            1,
            {"signature": "paint", "text": "up", "steps": 2},
            "`steps` (2) counts frames, but `image` of paint is no video",
        ),
        (
            1,
            {"signature": "restore", "input": "frame.png", "steps": 2},
            "`steps` (2) counts frames that a model makes up, but restore answers each",
        ),
        (
            1,
            {"signature": "restore", "input": "frame.png", "text": "up"},
            "--text is given, but restore has no input `text`",
        ),
        (
            1,
            {"signature": "generate", "input": "frame.png", "text": "up"},
            "--input is given, but generate has no input `frames` or `context`",
        ),
        (1, {"text": "up", "steps": 0}, "--steps=0 must be at least 1"),
    ],
)
def test_what_a_door_can_know_it_refuses(
    run: Run, picture: pathlib.Path, capsys, monkeypatch, version, flags, said
) -> None:
    if "input" in flags:
        flags = flags | {"input": picture}
    out = picture.parent / "out.mp4"
    assert run(version, output=out, **flags) == 2
    [line] = [
        one for one in capsys.readouterr().err.splitlines() if one.startswith("error: ")
    ]
    assert said in line
    assert not out.exists()


@pytest.mark.slow
def test_a_trained_model_answers_alike_however_its_input_is_cut(
    tmp_path: pathlib.Path, monkeypatch
) -> None:
    monkeypatch.setattr(in_process.InProcessClient, "load", load)
    frames = np.random.default_rng(0).integers(0, 256, [9, 64, 64, 3], np.uint8)
    writer.write_video(tmp_path / "in.npz", frames, 8)
    mask = Image.new("L", (64, 64))
    mask.paste(255, (20, 20, 44, 44))
    mask.save(tmp_path / "mask.png")
    flags = [f"--model={source_tree.ROOT / 'saved_models' / 'foregan'}"]
    flags += [f"--input={tmp_path / 'in.npz'}", f"--mask={tmp_path / 'mask.png'}"]
    found = []
    for chunk in (9, 2, 5):
        out = tmp_path / f"{chunk}.npz"
        assert (
            generate.main([*flags, f"--chunk_frames={chunk}", f"--output={out}"]) == 0
        )
        found.append(reader.read_video(out)[0])
    assert len(found[0]) == 9
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


def test_a_model_is_described_alike(
    address: str, saved_models: pathlib.Path, capsys
) -> None:
    assert (
        generate.main([f"--model={saved_models / 'talking' / '1'}", "--describe"]) == 0
    )
    described = capsys.readouterr().out
    flags = [f"--server={address}", "--model=talking", "--version=1", "--describe"]
    assert client.main(flags) == 0
    assert described == capsys.readouterr().out
    assert "generate_next(state_frame: uint8[?, 8, 8, 3], text: string[?])" in described


@pytest.mark.long
def test_a_run_folder_answers_by_its_checkpoint(
    tmp_path: pathlib.Path, picture: pathlib.Path
) -> None:
    config.reset()
    workdir = tmp_path / "run"
    # Two steps, in which the slow copy falls behind.
    flags = ["--gin_file=tests/served_toy.gin", "--gin_param=loop.run.steps = 2"]
    assert train.main([*flags, f"--workdir={workdir}"]) == 0
    config.reset()
    out = tmp_path / "out.npz"
    flags = [f"--workdir={workdir}", f"--input={picture}", f"--output={out}"]
    assert generate.main(flags) == 0
    config.reset()
    model = rebuild.rebuild(str(workdir)).built.model
    frame = pixels.to_float(np.full([1, 1, 8, 8, 3], 50, np.uint8))
    trained = pixels.to_uint8(model.generator(frame)).numpy()[0]
    with evaluator.at_work(model, "ema"):
        slow = pixels.to_uint8(model.generator(frame)).numpy()[0]
    np.testing.assert_array_equal(reader.read_video(out)[0], slow)
    assert not np.array_equal(slow, trained)
    config.reset()


@pytest.mark.parametrize(
    "flags, said",
    [
        ([], "give one of --model=saved_models/foregan"),
        (["--model=talking", "--workdir=runs/a"], "give one of --model="),
        (["--model=talkin"], "talkin is no export; saved_models/ has "),
        (
            ["--model=talking", "--version=3"],
            "Version 3 is not in saved_models/talkin",
        ),
        (["--workdir=nowhere"], "nowhere"),
    ],
)
def test_a_model_that_is_not_there_is_one_line(
    saved_models: pathlib.Path, monkeypatch, capsys, flags: list[str], said: str
) -> None:
    monkeypatch.chdir(saved_models.parent)
    assert generate.main([*flags, "--describe"]) == 2
    [line] = [
        one for one in capsys.readouterr().err.splitlines() if one.startswith("error: ")
    ]
    assert said in line


def test_a_damaged_export_is_one_line(tmp_path: pathlib.Path, capsys) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"\xff" * 9)
    assert generate.main([f"--model={tmp_path}", "--describe"]) == 2
    assert "cannot be loaded as a SavedModel" in capsys.readouterr().err
