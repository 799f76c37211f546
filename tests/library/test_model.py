"""A model as a Python object."""

import numpy as np
import pytest

from tests.library.greys import frames, shades
from tfvideogan.core import errors
from tfvideogan.library import model as library


def test_signatures_are_named_and_are_methods(model: library.Model) -> None:
    assert "serving_default" not in model.signatures
    assert {"predict", "generate", "paint", "restore"} <= set(model.signatures)
    assert {"predict", "generate"} <= set(dir(model))
    assert "paint(seed: int64[?], text: string[?]) -> image" in repr(model)
    with pytest.raises(AttributeError, match="talkinggan has no swap; it has generate"):
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
        ("restore", {"frames": frames(1), "method": "auto"}, "restore takes none"),
        ("paint", {"text": "up", "steps": 2}, "`image` of paint is no video"),
        ("generate", {"text": "up", "steps": 0}, r"`steps` \(0\) must be at least 1"),
    ],
)
def test_what_does_not_fit_is_one_line(model, verb, inputs, said) -> None:
    with pytest.raises(errors.UserError, match=said) as caught:
        getattr(model, verb)(**inputs)
    assert "--" not in str(caught.value)  # Who calls a method has no flags.


def test_a_mask_needs_no_channel() -> None:
    mask = np.zeros([8, 8], bool)
    given = {"mask": mask, "frames": frames(1, 2)}
    assert library._with_channel(given).shape == (8, 8, 1)
    assert library._with_channel(given | {"mask": mask[..., None]}).shape == (8, 8, 1)
    batch = {"mask": np.stack([mask] * 2), "frames": np.stack([frames(1, 2)] * 2)}
    assert library._with_channel(batch).shape == (2, 8, 8, 1)
