"""A model as a Python object, and what becomes of its answers."""

import io
import pathlib

import numpy as np
import pytest
from PIL import Image

from tests import served_toy
from tfvideogan.core import clip, errors
from tfvideogan.library import model as library
from tfvideogan.media import reader
from tfvideogan.serving.client import in_process
from tfvideogan.serving.export import checked


@pytest.fixture(scope="module")
def model() -> library.Model:
    gan = served_toy.TalkingGAN()
    gan.build_for(clip.ClipSpec(3, 8, 8))
    module = checked.SignatureModule(gan.serving_functions())
    client = in_process.InProcessClient(module.concrete, owner=module)
    return library.Model("talking", client)


def shades(video: np.ndarray) -> list:
    """How bright the frames [..., T, H, W, C] are; each is of one grey."""
    return video[..., 0, 0, 0].tolist()


def frames(*values: int) -> np.ndarray:
    return np.tile(np.array(values, np.uint8)[:, None, None, None], [1, 8, 8, 3])


def test_signatures_are_named_and_are_methods(model: library.Model) -> None:
    assert "serving_default" not in model.signatures
    assert {"predict", "generate", "paint", "restore"} <= set(model.signatures)
    assert {"predict", "generate"} <= set(dir(model))
    assert "paint(seed: int64[?], text: string[?]) -> image" in repr(model)
    with pytest.raises(AttributeError, match="talking has no swap; it has generate"):
        model.swap  # noqa: B018


def test_a_single_answer_has_no_batch_axis(model: library.Model) -> None:
    # The first frame is as bright as the seed, the following by 2 each.
    assert shades(model.generate(text="up", seed=7).video) == [7, 9, 11]
    assert shades(model.generate(text="up")["video"]) == [0, 2, 4]


def test_samples_are_seeds_that_follow(model: library.Model) -> None:
    found = model.generate(2, text="up", seed=7).video
    assert shades(found) == [[7, 9, 11], [8, 10, 12]]


def test_a_batch_of_inputs_is_a_batch_of_answers(model: library.Model) -> None:
    found = model.generate(text=["up", "slowly"], seed=[1, 10]).video
    assert shades(found) == [[1, 3, 5], [10, 11, 12]]
    context = np.stack([frames(1, 10), frames(2, 20)])
    found = model.predict(context=context, text="up", seed=0).video
    # The second has the seed that follows.
    assert shades(found) == [[12, 14, 16], [23, 25, 27]]


def test_steps_go_on_for_as_long_as_they_are_asked_for(model: library.Model) -> None:
    found = model.generate(text="up", seed=7, steps=5)
    assert shades(found.video) == [7, 9, 11, 13, 15] and list(found) == ["video"]


def test_a_long_video_goes_in_several_requests(model: library.Model) -> None:
    given = np.random.default_rng(0).integers(0, 256, [5, 8, 8, 3], np.uint8)
    whole = model.restore(frames=given)
    assert whole.video.shape == (5, 8, 8, 3)
    np.testing.assert_array_equal(
        model.restore(frames=given, chunk_frames=3, overlap=0).video, whole.video
    )
    pair = model.restore(frames=np.stack([given, given[::-1]]), outputs=["video"])
    np.testing.assert_array_equal(pair.video[0], whole.video)
    assert pair.video.shape == (2, 5, 8, 8, 3) and list(pair) == ["video"]


@pytest.mark.parametrize(
    "verb, inputs, said",
    [
        ("generate", {}, r"missing \['text'\], unknown \[\]"),
        ("generate", {"text": "up", "size": 3}, r"unknown \['size'\]"),
        ("generate", {"text": "up", "seed": 0.5}, "`seed` is float64 and would change"),
        (
            "generate",
            {"text": "up", "samples": 0},
            r"`samples` \(0\) must be at least 1",
        ),
        ("generate", {"text": ["up"], "samples": 2}, "without a batch axis"),
        ("restore", {"frames": frames(1, 2), "samples": 2}, "belongs to one `seed`"),
        ("generate", {"text": ["up"], "seed": [1, 2]}, "axes of the inputs differ"),
        ("restore", {"frames": frames(1)[:, :4]}, r"must be \[N, T, 8, 8, 3\]"),
        ("restore", {"frames": frames(1) / 255.0}, "`frames` is float64 and would"),
        ("generate", {"text": "up", "outputs": ["mask"]}, "`outputs` names mask"),
        ("generate", {"text": "quikly"}, "which is not in the vocabulary"),
        ("restore", {"frames": frames(1), "steps": 2}, "restore answers each"),
    ],
)
def test_what_does_not_fit_is_one_line(model, verb, inputs, said) -> None:
    with pytest.raises(errors.UserError, match=said):
        getattr(model, verb)(**inputs)


def test_a_mask_needs_no_channel() -> None:
    mask = np.zeros([8, 8], bool)
    given = {"mask": mask, "frames": frames(1, 2)}
    assert library._with_channel(given).shape == (8, 8, 1)
    assert library._with_channel(given | {"mask": mask[..., None]}).shape == (8, 8, 1)
    batch = {"mask": np.stack([mask] * 2), "frames": np.stack([frames(1, 2)] * 2)}
    assert library._with_channel(batch).shape == (2, 8, 8, 1)


def test_an_answer_is_saved_as_the_client_does(
    model: library.Model, tmp_path: pathlib.Path
) -> None:
    answer = model.generate(2, text="up", seed=5)
    path = tmp_path / "all.npz"
    assert answer.save(path, fps=12) == [f"{path}: video, 2 clips of 3 frames"]
    with np.load(path) as found:
        assert shades(found["frames"]) == [[5, 7, 9], [6, 8, 10]] and found["fps"] == 12
    folder = tmp_path / "folder"
    answer.save(folder)
    assert sorted(one.name for one in folder.iterdir()) == ["seed_5", "seed_6"]
    with pytest.raises(errors.UserError, match="ends in '.wav'"):
        answer.save(tmp_path / "a.wav")
    with pytest.raises(errors.UserError, match="names mask; there are video"):
        answer.save(tmp_path / "a.npz", outputs="mask")


def test_the_context_comes_before_what_follows_on_it(
    model: library.Model, tmp_path: pathlib.Path
) -> None:
    context = np.stack([frames(1, 10), frames(2, 20)])
    answer = model.predict(context=context, text="up", seed=[0, 0])
    answer.save(tmp_path / "all.npz")
    with np.load(tmp_path / "all.npz") as found:
        first, second = shades(found["frames"])
    assert first == [1, 10, 12, 14, 16] and second == [2, 20, 22, 24, 26]


def test_an_answer_is_shown_as_a_picture_that_moves(model: library.Model) -> None:
    shown = model.generate(text="up", seed=5).show(fps=10)
    with Image.open(io.BytesIO(shown.png)) as picture:
        assert picture.n_frames == 3 and picture.size == (8, 8)
        assert picture.info["duration"] == 100
    html = shown._repr_html_()
    assert html.startswith('<img style="width: 480px;') and "base64,iVBORw0KGgo" in html
    with pytest.raises(errors.UserError, match="`mask` is no picture"):
        model.generate(text="up").show("mask")


def test_several_answers_are_shown_in_a_grid(model: library.Model) -> None:
    shown = model.generate(4, text="up", seed=5).show()
    with Image.open(io.BytesIO(shown.png)) as picture:
        assert picture.size == (20, 20)  # two cells of 8, each with a gap of 2


def test_an_answer_tells_its_shapes(model: library.Model) -> None:
    answer = model.generate(2, text="up")
    assert repr(answer) == "Answer(video: uint8[2, 3, 8, 8, 3])"
    assert len(answer) == 1 and dict(answer)["video"] is not None
    with pytest.raises(AttributeError, match="mask; the answer has video"):
        answer.mask  # noqa: B018


def test_a_picture_is_a_file(model: library.Model, tmp_path: pathlib.Path) -> None:
    model.paint(text="up", seed=5).save(tmp_path / "one.png")
    assert shades(reader.read_video(tmp_path / "one.png")[0]) == [7]
