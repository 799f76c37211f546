"""Every entry is drawn by a model that answers zeros of the right shapes."""

import types
from typing import Any

import numpy as np
import pytest
from gallery_table import clips, drawings, entries

SIZES = {"frames": 16, "height": 64, "width": 64, "words": ["starting"]}


class StandIn:
    """Answers as a model of the library does."""

    def predict(self, frames=None, mask=None, context=None, steps=13, **_: Any) -> Any:
        if frames is None:
            shape = (len(context), steps, *context.shape[2:])
            return types.SimpleNamespace(video=np.zeros(shape, np.uint8))
        assert mask.shape == (64, 64, 1) and mask.dtype == np.uint8
        return _Layers(len(frames))

    def generate(self, samples=None, *, label=None, **_: Any) -> Any:
        number = len(label) if samples is None else samples
        channels = 3 if label is None else 1
        return types.SimpleNamespace(
            video=np.zeros((number, 16, 64, 64, channels), np.uint8),
            image=np.zeros((number, 64, 64, 3), np.uint8),
        )

    def restore(self, frames: np.ndarray) -> Any:
        return types.SimpleNamespace(video=frames)

    def complete(self, frames: np.ndarray, holes: np.ndarray) -> Any:
        assert holes.shape == (*frames.shape[:-1], 1)
        # What is missing is not given away.
        assert np.all(frames[holes[..., 0] > 0] == 128)
        return types.SimpleNamespace(video=frames)

    def complete_flow(self, frames: np.ndarray, holes: np.ndarray) -> Any:
        assert np.all(frames[holes[..., 0] > 0] == 128)
        shape = (len(frames) - 1, *frames.shape[1:3], 2)
        return types.SimpleNamespace(forward_flow=np.zeros(shape, np.float32))

    def classify(self, frames: np.ndarray) -> Any:
        return types.SimpleNamespace(
            text=np.array([b"the red disc"] * len(frames), object),
            probabilities=np.full((len(frames), 2), 0.5, np.float32),
        )


class _Layers(dict):
    def __init__(self, number: int) -> None:
        video = np.zeros((number, 64, 64, 3), np.uint8)
        super().__init__(mask=video[..., :1])
        self.foreground = self.background = video


@pytest.mark.parametrize("entry", entries.ENTRIES, ids=lambda entry: entry.name)
def test_every_entry_can_be_drawn(entry: entries.Entry) -> None:
    sizes = SIZES | ({"frames": 1} if entry.name == "stillcaptioner" else {})
    given = entry.give(sizes)
    assert {name for _, name in entry.inputs} <= set(given)
    film = entry.draw(StandIn(), given)
    assert film.dtype == np.uint8 and film.ndim == 4 and film.shape[-1] == 3
    assert (len(film) > 1) is entry.is_film
    assert film.shape[2] <= 1200


def test_a_strip_has_a_row_for_each_film_and_moments_of_the_shortest() -> None:
    long = np.arange(9, dtype=np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1))
    film = drawings.strip([long.astype(np.uint8), long[:5].astype(np.uint8)], 3)
    assert film.shape == (1, 2 * 4, 3 * 4, 3)
    # Moments 0, 2 and 4 of both, each with a gap of two pixels behind.
    np.testing.assert_array_equal(film[0, ::4, ::4, 1], [[0, 2, 4]] * 2)


def test_answers_stand_beside_what_they_answer() -> None:
    given = clips.moving_shapes(SIZES)
    film = drawings.classified(StandIn(), given)
    number, width = len(clips.SHAPES), drawings.FEW_MOMENTS * 66
    assert film.shape == (1, number * 66, width + drawings.WORDS_WIDTH, 3)
    words = film[0, :, width:]
    assert all(words[row * 66 : (row + 1) * 66].any() for row in range(number))


def test_every_picture_of_a_sentence_is_shown() -> None:
    greys = np.arange(drawings.PER_SENTENCE, dtype=np.uint8) * 40 + 20

    class Greys(StandIn):
        def generate(self, samples=None, **_: Any) -> Any:
            image = np.broadcast_to(greys[:, None, None, None], (samples, 64, 64, 3))
            return types.SimpleNamespace(image=image)

    film = drawings.painted(Greys(), {"text": ["the red disc"]})
    assert set(greys) <= set(np.unique(film))
