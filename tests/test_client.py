"""The client's door: a video in, a video out, through a real server on loopback."""

import pathlib
from collections.abc import Iterator

import av
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests import browser
from tests.serving import models
from tfvideogan import client
from tfvideogan.core import signatures
from tfvideogan.media import flow, writer
from tfvideogan.serving.export import checked
from tfvideogan.serving.local import server as local_server
from tfvideogan.serving.local.lifecycle import config


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with the model `trail`, also without its memory."""
    folder = tmp_path_factory.mktemp("models")
    models.Trail().save(folder / "trail" / "1")
    models.Trail().save(folder / "forgetful" / "1", has_memory=False)
    served = tuple(
        config.ModelConfig(name, folder / name) for name in ("trail", "forgetful")
    )
    started = local_server.LocalServer(
        local_server.Options(models=served, pick_ports=True)
    )
    started.start()
    yield started.grpc_address
    started.stop()


class Painter:
    """Generates frames whose red is the seed, green the label, blue the truncation."""

    def serving_functions(self) -> dict[str, signatures.ServingFunction]:
        kinds = {"seed": tf.int64, "label": tf.int32, "truncation": tf.float32}

        def generate(**numbers: tf.Tensor) -> dict[str, tf.Tensor]:
            colours = [tf.cast(numbers[name], tf.float32) for name in kinds]
            pixels = tf.cast(tf.stack(colours, axis=1), tf.uint8)  # [N, 3]
            shape = [tf.shape(pixels)[0], 2, 16, 16, 3]
            return {"video": tf.broadcast_to(pixels[:, None, None, None], shape)}

        inputs = {
            name: tf.TensorSpec([None], kind, name) for name, kind in kinds.items()
        }
        about = {"video": "[N, 2, 16, 16, 3] uint8"}
        return {"generate": signatures.ServingFunction(generate, inputs, about)}


def test_a_generator_is_given_seed_category_and_truncation(tmp_path) -> None:
    module = checked.SignatureModule(Painter().serving_functions())
    folder = tmp_path / "painter"
    tf.saved_model.save(module, str(folder / "1"), signatures=module.concrete)
    model = config.ModelConfig("painter", folder)
    started = local_server.LocalServer(
        local_server.Options(models=(model,), pick_ports=True)
    )
    started.start()
    try:
        flags = ["--seed=200", "--category=100", "--truncation=50"]
        flags += [f"--server={started.grpc_address}", "--model=painter"]
        assert client.main([*flags, f"--output={tmp_path / 'out.npz'}"]) == 0
    finally:
        started.stop()
    with np.load(tmp_path / "out.npz") as found:
        frames = found[found.files[0]]
    assert frames.shape == (2, 16, 16, 3)
    assert (frames == [200, 100, 50]).all()


def clip(length: int = 7, size: int = 8) -> np.ndarray:
    """A white square of two pixels that walks to the right on black."""
    frames = np.zeros([length, size, size, 3], np.uint8)
    for time in range(length):
        frames[time, 2:4, time % size] = 255
    return frames


@pytest.fixture
def mask(tmp_path: pathlib.Path) -> str:
    path = tmp_path / "mask.png"
    Image.fromarray((clip(1)[0, ..., 0] > 0).astype(np.uint8) * 255).save(path)
    return str(path)


def run(server: str, *flags: str) -> int:
    return client.main([f"--server={server}", "--model=trail", *flags])


@pytest.mark.parametrize("chunk", [3, 32])
def test_a_folder_of_frames_becomes_an_answer_however_it_is_cut(
    server: str, tmp_path: pathlib.Path, mask: str, chunk: int
) -> None:
    writer.write_video(tmp_path / "frames", clip(), 8)
    out = tmp_path / "out.npz"
    flags = (f"--input={tmp_path / 'frames'}", f"--mask={mask}", f"--output={out}")
    assert run(server, *flags, f"--chunk_frames={chunk}", "--outputs=video,mask") == 0
    found = np.load(out)
    np.testing.assert_array_equal(found["frames"], np.maximum.accumulate(clip()))
    assert np.load(tmp_path / "out_mask.npz")["frames"].shape == (7, 8, 8, 1)


@pytest.mark.parametrize("model", ["trail", "forgetful"])
@pytest.mark.parametrize("length", [33, 100])
def test_a_film_of_several_requests_needs_no_further_flags(
    server: str, tmp_path: pathlib.Path, mask: str, model: str, length: int
) -> None:
    # It grows brighter, so that the brightest frame is always the last one.
    shades = np.arange(100, 100 + length, dtype=np.uint8)[:, None, None, None]
    frames = np.tile(shades, [1, 8, 8, 3])
    writer.write_video(tmp_path / "in.npz", frames, 8)
    out = tmp_path / "out.npz"
    flags = (f"--input={tmp_path / 'in.npz'}", f"--mask={mask}", f"--output={out}")
    assert client.main([f"--server={server}", f"--model={model}", *flags]) == 0
    np.testing.assert_array_equal(np.load(out)["frames"], frames)
    assert sorted(one.name for one in tmp_path.glob("out*")) == ["out.npz"]


def test_an_mp4_of_another_size_becomes_an_mp4_for_browsers(
    server: str, tmp_path: pathlib.Path, mask: str
) -> None:
    big = clip(size=32)
    writer.write_video(tmp_path / "in.mp4", big, fps=12)
    out = tmp_path / "out.mp4"
    flags = (f"--input={tmp_path / 'in.mp4'}", f"--mask={mask}", f"--output={out}")
    assert run(server, *flags) == 0
    with av.open(out) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (stream.width, stream.height, stream.frames) == (8, 8, 7)
        assert stream.average_rate == 12
    content = out.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")  # plays before it is whole


@browser.needed
@pytest.mark.slow
def test_what_is_written_plays_in_a_browser(
    server: str, tmp_path: pathlib.Path, mask: str
) -> None:
    writer.write_video(tmp_path / "frames", clip(), 8)
    out = tmp_path / "out.mp4"
    flags = (f"--input={tmp_path / 'frames'}", f"--mask={mask}", f"--output={out}")
    assert run(server, *flags, "--fps=14") == 0
    # Seven frames at 14 a second.
    assert browser.play(out) == "played 8x8 for 0.5 s"
    out.write_bytes(out.read_bytes()[:600])
    assert browser.play(out).startswith("error: ")


def test_a_gif_is_read(server: str, tmp_path: pathlib.Path, mask: str) -> None:
    writer.write_video(tmp_path / "in.gif", clip(), fps=10)
    out = tmp_path / "out.npz"
    flags = (f"--input={tmp_path / 'in.gif'}", f"--mask={mask}", f"--output={out}")
    assert run(server, *flags, "--max_frames=3") == 0
    found = np.load(out)
    np.testing.assert_array_equal(found["frames"], np.maximum.accumulate(clip(3)))
    assert found["fps"] == 10


@pytest.mark.parametrize("is_batched", [False, True])
def test_as_a_library_it_estimates_the_flow_that_is_wanted(
    server: str, monkeypatch, is_batched: bool
) -> None:
    frames, mask = clip(), clip(1)[0, ..., :1]
    if is_batched:
        frames, mask = np.stack([frames, frames]), np.stack([mask, mask])
    with client.PredictionClient(server) as served:
        answer = served.predict("trail", frames=frames, mask=mask, outputs=["video"])
        np.testing.assert_array_equal(
            answer["video"], np.maximum.accumulate(frames, axis=-4)
        )
        # What is given is not estimated again.
        between = np.zeros([*frames.shape[:-4], 6, 8, 8, 2], np.float32)
        flows = {"forward_flow": between, "backward_flow": between}
        monkeypatch.setattr(flow, "estimate_clip", None)
        again = served.predict("trail", frames=frames, mask=mask, **flows)
    np.testing.assert_array_equal(again["video"], answer["video"])


def test_signatures_are_described(server: str, capsys) -> None:
    assert run(server, "--describe") == 0
    text = capsys.readouterr().out
    assert "predict_start(backward_flow: float32[?, ?, 8, 8, 2], " in text


@pytest.mark.parametrize(
    "flags, text",
    [
        ((), "--output is missing"),
        (("--output=o.mp4",), "--input is missing"),
        (("--output=o.mp4", "--input=nowhere.mp4"), "does not exist"),
        (("--output=o.mp4", "--outputs=sound"), "cannot be written"),
        (("--output=o.mp4", "--signature=sing"), "no signature 'sing'"),
    ],
)
def test_what_is_missing_is_told_in_a_line(
    server: str, capsys, flags: tuple[str, ...], text: str
) -> None:
    assert run(server, *flags) == 2
    assert text in capsys.readouterr().err


def test_damaged_and_empty_inputs_are_told(
    server: str, tmp_path: pathlib.Path, mask: str, capsys
) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    (tmp_path / "empty").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "black.png")
    writer.write_video(tmp_path / "frames", clip(), 8)
    out = f"--output={tmp_path / 'out.mp4'}"
    for given, wanted_mask, text in (
        ("broken.mp4", mask, "cannot be read as a video"),
        ("empty", mask, "has no frames"),
        ("frames", str(tmp_path / "black.png"), "marks no object"),
        ("frames", "", "--mask is missing"),
    ):
        flags = (f"--input={tmp_path / given}", f"--mask={wanted_mask}", out)
        assert run(server, *flags) == 2
        assert text in capsys.readouterr().err
    assert not (tmp_path / "out.mp4").exists()


def test_no_server_and_no_model_have_exit_codes(server: str, capsys) -> None:
    assert client.main(["--server=127.0.0.1:1", "--model=m", "--timeout=0.3"]) == 3
    assert client.main([f"--server={server}", "--model=m"]) == 4
    assert "Servable not found" in capsys.readouterr().err
