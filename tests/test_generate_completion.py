"""The doors `generate` and `client`, and the library, for a model that completes holes."""

import functools
import json
import pathlib
import urllib.request
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests import completing_toy
from tfvideogan import client, generate
from tfvideogan.core import errors
from tfvideogan.library import loading
from tfvideogan.media import reader, writer
from tfvideogan.models import completion_windows
from tfvideogan.serving.client import in_process
from tfvideogan.serving.export import checked
from tfvideogan.serving.local import server as local_server
from tfvideogan.serving.local.lifecycle import config as served_config

Run = Callable[..., int]
# It sees all that is sent.
REACH = completion_windows.Reach(
    block=2, context=1, overlap=0, references=0, margin=None
)
whole_load = in_process.InProcessClient.load


@pytest.fixture(scope="module")
def saved_models(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    root = tmp_path_factory.mktemp("here") / "saved_models"
    module = checked.SignatureModule(completing_toy.built(REACH).serving_functions())
    folder = root / "mean" / "1"
    tf.saved_model.save(module, str(folder), signatures=module.concrete)
    return root


@pytest.fixture(scope="module")
def server(saved_models: pathlib.Path) -> Iterator[local_server.LocalServer]:
    model = served_config.ModelConfig("mean", saved_models / "mean")
    started = local_server.LocalServer(
        local_server.Options(models=(model,), pick_ports=True)
    )
    started.start()
    yield started
    started.stop()


@functools.cache
def load(folder: pathlib.Path) -> in_process.InProcessClient:
    """Loads a model once for all tests."""
    return whole_load(folder)


@pytest.fixture(params=["client", "generate"])
def run(request, server, saved_models: pathlib.Path, monkeypatch) -> Run:
    """Calls either door for the model; both take the same flags."""
    return door(request.param, server, saved_models, monkeypatch)


@pytest.fixture
def run_one(server, saved_models: pathlib.Path, monkeypatch) -> Run:
    """Calls the door `generate`."""
    return door("generate", server, saved_models, monkeypatch)


def door(name, server, saved_models, monkeypatch) -> Run:
    monkeypatch.chdir(saved_models.parent)
    monkeypatch.setattr(in_process.InProcessClient, "load", load)
    main = {"client": client.main, "generate": generate.main}[name]
    address = [f"--server={server.grpc_address}"] if name == "client" else []

    def call(**flags: object) -> int:
        given = [f"--{name}={value}" for name, value in flags.items()]
        return main([*address, "--model=mean", "--dilate=0", *given])

    return call


def greys(*values: int, size: tuple[int, int] = (8, 8)) -> np.ndarray:
    """A clip [T, H, W, 3] of these shades."""
    return np.tile(np.array(values, np.uint8)[:, None, None, None], [1, *size, 3])


@pytest.fixture
def film(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "film.npz"
    writer.write_video(path, greys(0, 10, 20, 30, 40, 50), 12)
    return path


def painted(path: pathlib.Path) -> list[int]:
    """The grey of the second row and column of all frames."""
    frames, _ = reader.read_video(path)
    return frames[:, 1, 1, 0].tolist()


# Frames 0, 1 of 0, 10, and 20 behind: 63 known pixels each: 10. Frames 2, 3: 64 pixels of
# frame 1, of which one is 10; 20, 30, and 40 behind: 25. Frames 4, 5: of 30, one of its
# pixels 25, and 40, 50: 40.
WANTED = [10, 10, 25, 25, 40, 40]


@pytest.mark.parametrize("chunk", [2, 32])
@pytest.mark.parametrize("form", ["picture", "folder", "film", "box"])
def test_masks_of_every_form_are_filled_in_any_chunks(
    run: Run, film: pathlib.Path, tmp_path: pathlib.Path, form: str, chunk: int
) -> None:
    mask = np.zeros([8, 8], np.uint8)
    mask[1, 1] = 255
    masks = np.repeat(np.repeat(mask[None, ..., None], 6, 0), 3, -1)
    path = tmp_path / {"picture": "m.png", "folder": "m", "film": "m.npz"}.get(form, "")
    if form == "picture":
        Image.fromarray(mask).save(path)
    elif form != "box":
        writer.write_video(path, masks, 12)
    out = tmp_path / "out.npz"
    given = "1,1,1,1" if form == "box" else path
    assert run(input=film, mask=given, output=out, chunk_frames=chunk) == 0
    assert painted(out) == WANTED
    frames, fps = reader.read_video(out)
    assert fps == 12
    is_known = np.ones([8, 8], bool)
    is_known[1, 1] = False
    np.testing.assert_array_equal(
        frames[:, is_known], greys(0, 10, 20, 30, 40, 50)[:, is_known]
    )


def test_what_is_decided_is_said_before_work_begins(
    run_one: Run, film: pathlib.Path, tmp_path: pathlib.Path, capsys
) -> None:
    folder = tmp_path / "masks"
    folder.mkdir()
    for number, left in ((1, 0), (3, 4)):
        mask = np.zeros([4, 4], np.uint8)
        mask[:, left // 2] = 255
        Image.fromarray(mask).save(folder / f"{number:03d}.png")
    out = tmp_path / "out.npz"
    assert run_one(input=film, mask=folder, output=out) == 0
    said = capsys.readouterr()
    assert said.out == f"{out}: video, 6 frames\n"
    lines = said.err.splitlines()
    assert lines[-1] == "6 of 6 frames"
    assert lines[-6:-1] == [
        f"{folder}: greys from 128 are the object.",
        f"{folder} has masks for 2 of 6 frames, by the numbers in their names; 4 have "
        "no holes.",
        f"{folder} is 4x4; resized to the video's 8x8, nearest pixel.",
        "4 of 6 frames have no holes.",
        "0 % of the pixels with holes are holes in every frame of their shot: what is "
        "behind them is seen only if something moves.",
    ]


def test_an_empty_mask_is_the_video_and_a_full_one_is_warned_of(
    run_one: Run, film: pathlib.Path, tmp_path: pathlib.Path, capsys
) -> None:
    Image.new("L", (8, 8), 0).save(tmp_path / "empty.png")
    Image.new("L", (8, 8), 255).save(tmp_path / "full.png")
    out = tmp_path / "out.npz"
    assert run_one(input=film, mask=tmp_path / "empty.png", output=out) == 0
    assert (
        "The mask is empty: the answer is the video itself." in capsys.readouterr().err
    )
    assert painted(out) == [0, 10, 20, 30, 40, 50]
    assert run_one(input=film, mask=tmp_path / "full.png", output=out) == 0
    said = capsys.readouterr().err
    assert "Warning: 6 of 6 frames are holes all over" in said
    assert "100 % of the pixels" in said


@pytest.mark.parametrize("frames", [1, 2])
@pytest.mark.parametrize("mode", ["L", "RGBA"])
def test_any_size_and_kind_of_pictures(
    run_one: Run, tmp_path: pathlib.Path, frames: int, mode: str
) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(frames):
        Image.new(mode, (131, 97), 80 if mode == "L" else (80, 90, 100, 255)).save(
            folder / f"{number}.png"
        )
    out = tmp_path / "out.npz"
    given = folder if frames > 1 else folder / "0.png"
    assert run_one(input=given, mask="130,90,40,40", output=out) == 0
    found, _ = reader.read_video(out)
    assert found.shape == (frames, 97, 131, 3)
    # All is of one colour, also what is painted.
    assert (found == found[:1, :1, :1]).all() and found[0, 0, 0, 0] == 80


def test_shots_are_completed_by_themselves(
    run_one: Run, tmp_path: pathlib.Path, capsys
) -> None:
    path, out = tmp_path / "film.npz", tmp_path / "out.npz"
    writer.write_video(path, greys(10, 10, 10, 200, 200), 12)
    assert run_one(input=path, mask="1,1,1,1", output=out) == 0
    assert painted(out) == [10, 10, 10, 200, 200]
    assert "2 shots, each completed by itself." in capsys.readouterr().err


def test_a_crop_sends_what_lies_around_the_holes(
    run_one: Run, tmp_path: pathlib.Path
) -> None:
    frames = greys(100, 100, size=(80, 320))
    frames[:, :, 160:] = 0
    path, out = tmp_path / "film.npz", tmp_path / "out.npz"
    writer.write_video(path, frames, 12)
    given = {"input": path, "mask": "1,1,2,2", "output": out}
    assert run_one(**given) == 0
    assert painted(out) == [100, 100]
    assert run_one(**given, crop="off") == 0
    assert painted(out) == [50, 50]


@pytest.mark.parametrize(
    "flags, said",
    [
        ({}, "--mask is missing; the model wants what is to be filled"),
        ({"mask": "9,9,4,4"}, "outside the video, which is 8x8"),
        ({"mask": "{tmp}/wide.png"}, "wide.png is 16x8, but the video is 8x8"),
        ({"mask": "{tmp}/no.png"}, "no.png does not exist"),
        ({"mask": "{tmp}/masks"}, "has 1 masks for 6 frames, and their names are not"),
        ({"mask": "1,1,1,1", "dilate": -1}, "--dilate=-1 must be at least 0"),
    ],
)
def test_what_does_not_fit_is_one_line(
    run_one: Run, film: pathlib.Path, tmp_path: pathlib.Path, capsys, flags, said
) -> None:
    Image.new("L", (16, 8), 255).save(tmp_path / "wide.png")
    (tmp_path / "masks").mkdir()
    Image.new("L", (8, 8), 255).save(tmp_path / "masks" / "7.png")
    flags = {key: str(one).format(tmp=tmp_path) for key, one in flags.items()}
    assert run_one(input=film, output=tmp_path / "out.npz", **flags) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out.npz").exists()


def test_holes_grow_by_default(run_one, film, tmp_path, capsys) -> None:
    out = tmp_path / "out.npz"
    given = ["--model=mean", f"--input={film}", "--mask=1,1,1,1", f"--output={out}"]
    assert generate.main(given) == 0
    frames, _ = reader.read_video(out)
    # One pixel around, of so small a video.
    assert frames[0, :4, :4, 0].astype(bool).tolist() == [
        [False, True, False, False],
        [True, True, True, False],
        [False, True, False, False],
        [False] * 4,
    ]
    assert generate.main(["--model=mean", "--describe"]) == 0
    assert (
        "complete: --input --mask [--dilate] [--crop] [--method] [--budget_mb] --output"
        in capsys.readouterr().out
    )


# --- The library


@pytest.mark.parametrize("chunk", [2, 32])
def test_a_python_object_completes(chunk: int, tmp_path: pathlib.Path) -> None:
    model = loading.load(completing_toy.built(REACH))
    holes = np.zeros([8, 8], bool)
    holes[1, 1] = True
    frames = greys(0, 10, 20, 30, 40, 50)
    answer = model.complete(frames=frames, holes=holes, chunk_frames=chunk)
    assert answer.video[:, 1, 1, 0].tolist() == WANTED
    answer.save(tmp_path / "out.npz")
    assert painted(tmp_path / "out.npz") == WANTED
    batch = model.complete(
        frames=np.stack([frames, frames]),
        holes=np.broadcast_to(holes, [2, 6, 8, 8]),
        chunk_frames=chunk,
    )
    np.testing.assert_array_equal(batch.video[1], answer.video)


@pytest.mark.parametrize(
    "shape, said",
    [
        ((7, 8), r"\[7, 8\], but the frames are \[6, 8, 8, 3\]"),
        ((5, 8, 8), r"give \[6, 8, 8, 1\], or \[8, 8\] for all frames"),
        ((6, 8, 8, 3), r"\[6, 8, 8, 3\], but the frames"),
    ],
)
def test_holes_that_do_not_fit_are_one_line(saved_models, shape, said) -> None:
    model = loading.load(saved_models / "mean")
    with pytest.raises(errors.UserError, match=said):
        model.complete(frames=greys(*range(6)), holes=np.zeros(shape, np.uint8))


# --- REST


def test_rest_answers_and_hands_out_its_memory(server) -> None:
    def ask(signature: str, **inputs: object) -> dict:
        body = json.dumps({"signature_name": signature, "inputs": inputs})
        request = urllib.request.Request(
            f"http://{server.rest_address}/v1/models/mean:predict", body.encode()
        )
        with urllib.request.urlopen(request, timeout=30) as answered:
            return json.load(answered)["outputs"]

    frames = greys(0, 10, 20, 30, 40, 50)[np.newaxis]
    holes = np.zeros([1, 6, 8, 8, 1], np.uint8)
    holes[:, :, 1, 1] = 1
    given = {"frames": frames, "holes": holes}

    def cut(first: int, stop: int) -> dict:
        return {name: one[:, first:stop].tolist() for name, one in given.items()}

    whole = np.array(ask("complete", **cut(0, 6)))
    assert whole[0, :, 1, 1, 0].tolist() == WANTED
    started = ask("complete_start", **cut(0, 2))
    assert started["video"] == [[]]  # nothing is ready yet
    parts = []
    for first, stop in ((1, 4), (3, 6)):
        state = {name[5:]: one for name, one in started.items() if name != "video"}
        started = ask("complete_next", **cut(first, stop), **state)
        parts += started["video"][0]
    state = {name[5:]: one for name, one in started.items() if name != "video"}
    parts += ask("complete_end", **state)[0]
    np.testing.assert_array_equal(parts, whole[0])
