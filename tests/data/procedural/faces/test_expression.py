import numpy as np
import pytest

from tfvideogan.data.procedural.faces import expression as faces_expression


def performed(expression="happiness", speech=0.0, seed=0, num_frames=101):
    return faces_expression.performed(
        np.random.Generator(np.random.Philox(seed)),
        expression,
        num_frames=num_frames,
        fps=25.0,
        speech=speech,
    )


@pytest.mark.parametrize("expression", faces_expression.EXPRESSIONS)
def test_an_expression_goes_from_neutral_to_its_apex_and_back(expression):
    performance = performed(expression)
    apex = faces_expression.APEXES[expression]
    for name in ("brow_raise", "mouth_curve", "mouth_open", "mouth_breadth"):
        neutral = getattr(faces_expression.NEUTRAL, name)
        values = performance.features[name]
        np.testing.assert_allclose(
            values[[0, 50, 100]], [neutral, getattr(apex, name), neutral]
        )
    assert (performance.intensity[[0, 100]] == 0).all()
    assert (performance.intensity[41:60] == 1).all()
    assert (np.diff(performance.intensity[:50]) >= 0).all()


def test_speech_opens_the_mouth_and_silence_does_not():
    silent, loud = (performed("anger", speech=speech) for speech in (0.0, 1.0))
    assert (silent.features["mouth_open"] == 0).all()
    opening = loud.features["mouth_open"]
    low, high = faces_expression.LOUDNESS
    assert opening.min() == 0.0 and low * 0.9 < opening.max() <= high
    # Three to five syllables a second for four seconds, but for the pauses.
    syllables = np.sum((opening[1:] > 0) & (opening[:-1] == 0))
    assert 4 <= syllables <= 20


def test_heads_sway_within_their_limits_and_slowly():
    for seed in range(5):
        performance = performed(seed=seed)
        assert np.abs(performance.yaw).max() <= faces_expression.YAW
        assert np.ptp(performance.yaw) > 0.02
        # 0.45 rad at half a hertz is at most 1.4 rad per second, 25 frames.
        assert np.abs(np.diff(performance.yaw)).max() < 0.06


def test_blinks_shut_the_eyes():
    openings = [performed(seed=seed).features["eye_open"] for seed in range(20)]
    assert min(one.min() for one in openings) < 0.3
    assert min(one.min() for one in openings) > 0
    assert np.mean(np.stack(openings)) > 0.75, "eyes are open for most of the time"


def test_a_piece_of_a_performance_is_that_piece():
    performance = performed(speech=1.0)
    piece = performance.at(np.arange(10, 14))
    np.testing.assert_array_equal(piece.yaw, performance.yaw[10:14])
    np.testing.assert_array_equal(
        piece.features["mouth_open"], performance.features["mouth_open"][10:14]
    )
