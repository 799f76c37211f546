"""What is asked of a server for a command line."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.media import reader, writer
from tfvideogan.serving.client import flags, metadata, session

VIDEO = metadata.Tensor(tf.uint8, (None, None, 8, 8, 3))
SEED = metadata.Tensor(tf.int64, (None,))


class Client:
    """Knows one signature; answers zeros and remembers what it was asked."""

    def __init__(self, name: str, **inputs: metadata.Tensor) -> None:
        outputs = {"video": VIDEO, "mask": VIDEO}
        self.known = {name: metadata.Signature(name, inputs, outputs)}
        self.asked: list[dict] = []
        self.waited: list[tuple] = []

    def wait(self, model: str, seconds: float) -> None:
        self.waited.append((model, seconds))

    def signatures(self, model: str, **which: object) -> dict:
        assert which == {"version": 3, "version_label": ""}
        return self.known

    def predict(self, model: str, **asked: object) -> dict[str, np.ndarray]:
        self.asked.append({"model": model, **asked})
        frames = asked.get("frames")
        shape = (2, 2, 8, 8, 3) if frames is None else frames.shape
        return {name: np.zeros(shape, np.uint8) for name in asked["outputs"]}


def run(client: Client, *given: str) -> list[str]:
    options = flags.parser("").parse_args(["--model=m", "--version=3", *given])
    return session.run(options, client)


def test_a_model_is_described_and_not_called() -> None:
    client = Client("generate", seed=SEED)
    assert run(client, "--describe", "--wait_seconds=2") == [
        "generate(seed: int64[?]) -> mask: uint8[?, ?, 8, 8, 3], "
        "video: uint8[?, ?, 8, 8, 3]"
    ]
    assert client.waited == [("m", 2.0)] and not client.asked


def test_samples_are_one_request(tmp_path: pathlib.Path) -> None:
    client = Client("generate", seed=SEED)
    lines = run(client, "--samples=2", "--seed=4", f"--output={tmp_path / 'o.npz'}")
    assert lines == [f"{tmp_path / 'o.npz'}: video, 2 clips of 2 frames"]
    [asked] = client.asked
    assert asked.pop("seed").tolist() == [4, 5]
    assert asked == {
        "model": "m",
        "signature": "generate",
        "outputs": ["video"],
        "version": 3,
        "version_label": "",
    }


@pytest.mark.parametrize(
    "flag, starts",
    [
        # Chunks of 4 that share 2, the last one as long as the others.
        ((), [0, 2, 3]),
        # An overlap is never more than what a chunk has beside one new frame.
        (("--overlap=9",), [0, 1, 2, 3]),
    ],
)
def test_a_long_video_goes_in_several_requests_for_the_wanted_outputs_only(
    tmp_path: pathlib.Path, capsys, flag: tuple[str, ...], starts: list[int]
) -> None:
    numbers = np.arange(7, dtype=np.uint8)[:, None, None, None]
    writer.write_video(tmp_path / "in.npz", np.tile(numbers, [1, 8, 8, 3]), 12)
    client = Client("predict", frames=VIDEO)
    flag = flag or ("--overlap=2",)
    files = (f"--input={tmp_path / 'in.npz'}", f"--output={tmp_path / 'o.npz'}")
    run(client, *files, "--chunk_frames=4", *flag)
    assert [one["frames"][0, 0, 0, 0] for one in client.asked] == starts
    assert {tuple(one["outputs"]) for one in client.asked} == {("video",)}
    frames, fps = reader.read_video(tmp_path / "o.npz")
    assert len(frames) == 7 and fps == 12
    assert capsys.readouterr().err.endswith("7 of 7 frames\n")
