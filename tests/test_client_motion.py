"""The client's door where models go on, take motion from elsewhere, or answer codes."""

import pathlib
from collections.abc import Iterator

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan import client
from tfvideogan.core import pixels, signatures
from tfvideogan.media import reader, sheets, writer
from tfvideogan.serving.export import checked
from tfvideogan.serving.local import server as local_server
from tfvideogan.serving.local.lifecycle import config

SIZE, LENGTH, FUTURE = 8, 4, 2
VIDEO = {"video": "[N, T, 8, 8, 3] uint8", "video_float": "the same in [-1, 1]"}
CODES = {"content_code": "[N, 3]", "motion_codes": "[N, T-1, 3]", "clip_code": "[N, 1]"}


class Puppets:
    """Does by arithmetic what a model of motion does by learning.

    predict    the last frame, brighter by the seed and by 10 in each further frame
    swap       red of the content's first frame, green of the motion, blue of the content's
               last frame
    encode     mean colour; its changes from frame to frame; mean of all
    generate   two frames: as bright as the seed, and by 100 brighter; half the seed
    """

    def serving_functions(self) -> dict[str, signatures.ServingFunction]:
        made = signatures.ServingFunction
        seed = {"seed": tf.TensorSpec([None], tf.int64, "seed")}
        swapped = clips("content", None) | clips("motion", LENGTH)
        return {
            "predict": made(self._predict, clips("context", None) | seed, VIDEO),
            "swap": made(self._swap, swapped, VIDEO),
            "encode": made(self._encode, clips("clip", LENGTH), CODES),
            "generate": made(self._generate, seed, VIDEO | {"half": "[N]"}),
        }

    def _predict(self, *, context: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        steps = 10 * tf.range(1, FUTURE + 1, dtype=tf.int64)
        brighter = seed[:, tf.newaxis] + steps
        return shown(
            context[:, -1:] + tf.cast(brighter, tf.uint8)[..., None, None, None]
        )

    def _swap(self, *, content: tf.Tensor, motion: tf.Tensor) -> dict[str, tf.Tensor]:
        red, blue = content[:, :1, ..., :1], content[:, -1:, ..., 2:]
        still = [tf.repeat(one, LENGTH, axis=1) for one in (red, blue)]
        return shown(tf.concat([still[0], motion[..., 1:2], still[1]], axis=-1))

    def _encode(self, *, clip: tf.Tensor) -> dict[str, tf.Tensor]:
        colours = tf.reduce_mean(tf.cast(clip, tf.float32), axis=[2, 3])  # [N, T, 3]
        return {
            "content_code": tf.reduce_mean(colours, axis=1),
            "motion_codes": colours[:, 1:] - colours[:, :-1],
            "clip_code": tf.reduce_mean(colours, axis=[1, 2])[:, tf.newaxis],
        }

    def _generate(self, *, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        bright = tf.cast(tf.stack([seed, seed + 100], axis=1), tf.uint8)  # [N, 2]
        whole = [tf.size(seed), FUTURE, SIZE, SIZE, 3]
        writer = tf.broadcast_to(bright[..., None, None, None], whole)
        return shown(writer) | {"half": tf.cast(seed, tf.float32) / 2}


def clips(name: str, length: int | None) -> dict[str, tf.TensorSpec]:
    """An input of clips."""
    return {name: tf.TensorSpec([None, length, SIZE, SIZE, 3], tf.uint8, name)}


def shown(frames: tf.Tensor) -> dict[str, tf.Tensor]:
    return {"video": frames, "video_float": pixels.to_float(frames)}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with the model `puppets`."""
    folder = tmp_path_factory.mktemp("models")
    module = checked.SignatureModule(Puppets().serving_functions())
    tf.saved_model.save(module, str(folder / "1"), signatures=module.concrete)
    model = config.ModelConfig("puppets", folder)
    started = local_server.LocalServer(
        local_server.Options(models=(model,), pick_ports=True)
    )
    started.start()
    yield started.grpc_address
    started.stop()


def run(server: str, **flags: str | int | pathlib.Path) -> int:
    given = [f"--{name}={value}" for name, value in flags.items()]
    return client.main([f"--server={server}", "--model=puppets", *given])


def film(path: pathlib.Path, *colours: tuple[int, int, int], fps: float = 8) -> str:
    """Writes a film of frames of one colour each, 16 pixels large."""
    frames = np.array(colours, np.uint8)[:, np.newaxis, np.newaxis]
    writer.write_video(path, np.tile(frames, [1, 16, 16, 1]), fps)
    return str(path)


def centres(frames: np.ndarray, row: int, column: int) -> list[list[int]]:
    """The colours [T, 3] in the middle of a grid's cell."""
    cell = SIZE + sheets.GAP
    return frames[:, row * cell + SIZE // 2, column * cell + SIZE // 2].tolist()


@pytest.fixture
def ramp(tmp_path: pathlib.Path) -> str:
    """Seven frames, whose red counts 0, 1 ... 6."""
    return film(tmp_path / "in.npz", *((time, 0, 0) for time in range(7)))


def test_the_prediction_stands_behind_its_context(
    server: str, ramp: str, tmp_path: pathlib.Path
) -> None:
    assert run(server, input=ramp, seed=100, output=tmp_path / "out.npz") == 0
    frames, fps = reader.read_video(tmp_path / "out.npz")
    # The last three, then 6 + 100 + 10 and 6 + 100 + 20.
    assert frames[:, 0, 0, 0].tolist() == [4, 5, 6, 116, 126]
    assert frames.shape[1:] == (8, 8, 3) and fps == 8


def test_a_prediction_plays(server: str, tmp_path: pathlib.Path) -> None:
    source = film(tmp_path / "in.mp4", *[(100, 100, 100)] * 5, fps=12)
    assert run(server, input=source, output=tmp_path / "out.mp4") == 0
    frames, fps = reader.read_video(tmp_path / "out.mp4")
    assert frames.shape == (5, 8, 8, 3) and fps == 12
    np.testing.assert_allclose(
        frames.mean(axis=(1, 2, 3)), [100, 100, 100, 110, 120], atol=3
    )


@pytest.mark.parametrize(
    "flags, wanted, rate",
    [
        ({"context_frames": 1}, [6], 8),
        ({"context_frames": 5}, [2, 3, 4, 5, 6], 8),
        # Every other frame, up to the last one; 4 a second.
        ({"stride": 2}, [2, 4, 6], 4),
        ({"max_frames": 4, "context_frames": 2}, [2, 3], 8),
    ],
)
def test_what_is_context_can_be_chosen(
    server: str, ramp: str, tmp_path: pathlib.Path, flags, wanted, rate
) -> None:
    assert run(server, input=ramp, output=tmp_path / "out.npz", **flags) == 0
    frames, fps = reader.read_video(tmp_path / "out.npz")
    last = wanted[-1]
    assert frames[:, 0, 0, 0].tolist() == [*wanted, last + 10, last + 20]
    assert fps == rate


def test_samples_are_one_request_and_one_film(
    server: str, ramp: str, tmp_path: pathlib.Path, monkeypatch
) -> None:
    asked = []
    whole = client.PredictionClient.predict

    def counted(self, *args, **inputs):
        asked.append(inputs["seed"].tolist())
        return whole(self, *args, **inputs)

    monkeypatch.setattr(client.PredictionClient, "predict", counted)
    grid = tmp_path / "grid.png"  # exact
    assert run(server, input=ramp, seed=50, samples=3, output=grid) == 0
    assert asked == [[50, 51, 52]]
    frames, _ = reader.read_video(grid)
    # Two columns for three; the fourth place stays black.
    assert frames.shape == (5, 20, 20, 3)
    for place, seed in enumerate((50, 51, 52)):
        reds = [red for red, _, _ in centres(frames, place // 2, place % 2)]
        assert reds == [4, 5, 6, 16 + seed, 26 + seed]
    assert centres(frames, 1, 1) == [[0, 0, 0]] * 5


def test_samples_also_come_one_by_one(
    server: str, ramp: str, tmp_path: pathlib.Path
) -> None:
    flags = {"input": ramp, "seed": 50, "samples": 2, "context_frames": 1}
    assert run(server, **flags, output=tmp_path / "all.npz") == 0
    with np.load(tmp_path / "all.npz") as found:
        assert found["frames"][:, :, 0, 0, 0].tolist() == [[6, 66, 76], [6, 67, 77]]
    assert run(server, **flags, output=f"{tmp_path / 'all'}/") == 0
    assert sorted(one.name for one in (tmp_path / "all").iterdir()) == [
        "seed_50",
        "seed_51",
    ]
    frames, _ = reader.read_video(tmp_path / "all" / "seed_51")
    assert frames[:, 0, 0, 0].tolist() == [6, 67, 77]


def test_nine_seeds_are_generated_in_a_square(
    server: str, tmp_path: pathlib.Path
) -> None:
    flags = {"signature": "generate", "seed": 20, "samples": 9}
    assert run(server, **flags, output=tmp_path / "grid.png") == 0
    frames, _ = reader.read_video(tmp_path / "grid.png")
    assert frames.shape == (2, 30, 30, 3)
    for place in range(9):
        seed = 20 + place
        found = centres(frames, place // 3, place % 3)
        assert found == [[seed] * 3, [seed + 100] * 3]


def test_one_content_takes_several_motions(
    server: str, tmp_path: pathlib.Path, capsys
) -> None:
    content = film(tmp_path / "content.npz", (200, 0, 0), (0, 0, 90))
    # The second film is longer than the model wants.
    first = film(tmp_path / "a.npz", *((0, 10 + time, 0) for time in range(4)), fps=6)
    second = film(tmp_path / "b.npz", *((0, 30 + time, 0) for time in range(9)))
    flags = [f"--server={server}", "--model=puppets", "--signature=swap"]
    flags += [f"--input={content}", f"--motion={first}", f"--motion={second}"]
    assert client.main([*flags, f"--output={tmp_path / 'grid.png'}"]) == 0
    assert "2 clips of 4 frames" in capsys.readouterr().out
    frames, fps = reader.read_video(tmp_path / "grid.png")
    assert frames.shape == (4, 20, 30, 3) and round(fps) == 6
    black, green = [[0, 0, 0]] * 4, range(4)
    assert centres(frames, 0, 0) == black
    assert centres(frames, 0, 1) == [[0, 10 + time, 0] for time in green]
    assert centres(frames, 0, 2) == [[0, 30 + time, 0] for time in green]
    # The content is shorter, and its last frame stays.
    assert centres(frames, 1, 0) == [[200, 0, 0], *[[0, 0, 90]] * 3]
    assert centres(frames, 1, 1) == [[200, 10 + time, 90] for time in green]
    assert centres(frames, 1, 2) == [[200, 30 + time, 90] for time in green]
    assert client.main([*flags, f"--output={tmp_path / 'all'}"]) == 0
    frames, _ = reader.read_video(tmp_path / "all" / "motion_1")
    assert frames[:, 0, 0].tolist() == [[200, 30 + time, 90] for time in green]


def test_one_motion_gives_the_answer_alone(
    server: str, ramp: str, tmp_path: pathlib.Path
) -> None:
    content = film(tmp_path / "content.npz", (200, 0, 90))
    flags = {"signature": "swap", "input": content, "motion": ramp, "stride": 2}
    assert run(server, **flags, output=tmp_path / "out.npz") == 0
    frames, fps = reader.read_video(tmp_path / "out.npz")
    assert frames.shape == (4, 8, 8, 3) and fps == 4
    assert frames[0, 0, 0].tolist() == [200, 0, 90]


def test_codes_are_written_as_arrays(
    server: str, ramp: str, tmp_path: pathlib.Path
) -> None:
    flags = {"signature": "encode", "input": ramp}
    assert run(server, **flags, output=tmp_path / "codes.npz") == 0
    with np.load(tmp_path / "codes.npz") as codes:
        assert sorted(codes) == sorted(CODES)
        # Reds 0, 1, 2, 3.
        assert codes["content_code"].tolist() == [1.5, 0, 0]
        assert codes["motion_codes"].tolist() == [[1, 0, 0]] * 3
        assert codes["clip_code"].tolist() == [0.5]
    flags["outputs"] = "clip_code"
    assert run(server, **flags, output=tmp_path / "one.npz") == 0
    with np.load(tmp_path / "one.npz") as codes:
        assert list(codes) == ["clip_code"]


def test_codes_lie_beside_the_pictures_that_came_with_them(
    server: str, tmp_path: pathlib.Path
) -> None:
    flags = {"signature": "generate", "seed": 5, "samples": 2, "outputs": "half,video"}
    assert run(server, **flags, output=tmp_path / "grid.png") == 0
    assert reader.read_video(tmp_path / "grid.png")[0].shape == (2, 10, 20, 3)
    with np.load(tmp_path / "grid_codes.npz") as codes:
        assert codes["half"].tolist() == [2.5, 3.0]


@pytest.mark.parametrize(
    "flags, text",
    [
        ({}, "--input is missing; the model wants `context`"),
        ({"context_frames": 8}, "in.npz gives 7 frames, but 8 are wanted"),
        ({"context_frames": 0}, "--context_frames=0 must be at least 1"),
        (
            {"stride": 4, "context_frames": 3},
            "in.npz gives 2 frames at a `stride` of 4, but 3 are wanted",
        ),
        (
            {"motion": "in.npz"},
            "predict has no input `motion`; leave it out, or see --signature=swap",
        ),
        ({"signature": "swap"}, "--motion is missing; the model wants `motion`"),
        (
            {"signature": "swap", "samples": 2},
            "--samples=2 would differ by their `seed`",
        ),
        ({"signature": "encode"}, "which are no pictures; try --output=codes.npz"),
        (
            {"signature": "encode", "output": "o.npz", "max_frames": 3},
            "in.npz gives 3 frames, but 4 are wanted",
        ),
    ],
)
def test_what_does_not_fit_is_told_in_a_line(
    server: str, ramp: str, tmp_path: pathlib.Path, capsys, monkeypatch, flags, text
) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"output": "o.mp4"} | ({"input": ramp} if flags else {}) | flags
    assert run(server, **given) == 2
    said = capsys.readouterr().err
    assert text in said and said.count("\n") == 1
    assert [one.name for one in tmp_path.iterdir()] == ["in.npz"]
