"""What is asked of a server for a command line."""

import argparse
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.media import reader, writer
from tfvideogan.serving.client import flags, long_video, metadata, session

VIDEO = metadata.Tensor(tf.uint8, (None, None, 8, 8, 3))
SEED = metadata.Tensor(tf.int64, (None,))


class Model:
    """Knows one signature; answers zeros and remembers what it was asked."""

    def __init__(self, name: str, **inputs: metadata.Tensor) -> None:
        code = metadata.Tensor(tf.float32, (None, 2))
        outputs = {"video": VIDEO, "mask": VIDEO, "code": code}
        self.known = {name: metadata.Signature(name, inputs, outputs)}
        self.asked: list[dict] = []

    def predict(self, **asked: object) -> dict[str, np.ndarray]:
        self.asked.append(asked)
        frames = asked.get("frames")
        shape = (2, 2, 8, 8, 3) if frames is None else frames.shape
        return {name: np.zeros(shape, np.uint8) for name in asked["outputs"]}


def run(model: Model, *given: str) -> list[str]:
    made = argparse.ArgumentParser()
    flags.add_request(made)
    return session.run(made.parse_args(given), model.known, model.predict)


def test_a_model_is_described_and_not_called() -> None:
    model = Model("generate", seed=SEED)
    assert run(model, "--describe") == [
        "generate: [--seed] --output -> video; --outputs: code, mask",
        "generate(seed: int64[?]) -> code: float32[?, 2], "
        "mask: uint8[?, ?, 8, 8, 3], video: uint8[?, ?, 8, 8, 3]",
    ]
    assert not model.asked


def test_a_text_has_the_batch_axis_that_it_was_given_without() -> None:
    words = {"text": metadata.Tensor(tf.string, (None,))}
    known = {"classify": metadata.Signature("classify", {"frames": VIDEO}, words)}

    def call(**asked: object) -> dict[str, bytes]:
        # What a client answers to inputs without a batch axis.
        return {"text": np.array([b"a star"], object)[0]}

    given = {"frames": np.zeros([2, 8, 8, 3], np.uint8)}
    plan = long_video.Plan()
    found = session.answer(
        call, known, "classify", given, outputs=["text"], steps=None, plan=plan
    )
    assert found["text"].tolist() == [b"a star"]


def test_samples_are_one_request(tmp_path: pathlib.Path) -> None:
    model = Model("generate", seed=SEED)
    lines = run(model, "--samples=2", "--seed=4", f"--output={tmp_path / 'o.npz'}")
    assert lines == [f"{tmp_path / 'o.npz'}: video, 2 clips of 2 frames"]
    [asked] = model.asked
    assert asked.pop("seed").tolist() == [4, 5]
    assert asked == {"signature": "generate", "outputs": ["video"]}


@pytest.mark.parametrize(
    "given, text",
    [
        (["--output=o.npz"], "o_mask.npz would change what is read"),
        (["--output=all"], "all_mask is a folder that holds"),
        (["--output=o.npz", "--steps=2"], r"`steps` \(2\) counts frames that a model"),
        (["--output=x.npz", "--chunk_frames=1"], "`chunk_frames` "),
    ],
)
def test_what_can_be_known_is_refused_before_the_first_request(
    tmp_path: pathlib.Path, monkeypatch, given: list[str], text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    writer.write_video("o_mask.npz", np.zeros([7, 8, 8, 3], np.uint8), 12)
    writer.write_video("all_mask", np.zeros([7, 8, 8, 3], np.uint8), 12)
    model = Model("predict", frames=VIDEO)
    with pytest.raises(errors.UserError, match=text):
        run(model, "--input=o_mask.npz", "--outputs=video,mask", *given)
    assert not model.asked


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
    model = Model("predict", frames=VIDEO)
    flag = flag or ("--overlap=2",)
    files = (f"--input={tmp_path / 'in.npz'}", f"--output={tmp_path / 'o.npz'}")
    run(model, *files, "--chunk_frames=4", *flag)
    assert [one["frames"][0, 0, 0, 0] for one in model.asked] == starts
    assert {tuple(one["outputs"]) for one in model.asked} == {("video",)}
    frames, fps = reader.read_video(tmp_path / "o.npz")
    assert len(frames) == 7 and fps == 12
    assert capsys.readouterr().err.endswith("7 of 7 frames\n")
