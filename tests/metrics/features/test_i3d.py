"""I3D as the reference of FVD, and its last block for VFID."""

import types

import numpy as np
import pytest
import tensorflow as tf

from tests import real_weights
from tfvideogan.core import errors
from tfvideogan.metrics.distances import frechet
from tfvideogan.metrics.features import extractor, i3d


class Network:
    """Stands for the network: logits are the mean of a clip, features its brightest."""

    def __init__(self) -> None:
        self.seen = []

    def judge(self, clips):
        self.seen.append(clips.shape.as_list())
        means = tf.reduce_mean(tf.cast(clips, tf.float32), axis=[1, 2, 3, 4])
        return means[:, tf.newaxis] * [1.0, 0.0], None

    def trunk(self, clips, *, clip_statistics):
        self.seen.append((len(clips), clip_statistics))
        return tf.concat([clips, tf.ones_like(clips)], axis=-1)


@pytest.fixture
def network(monkeypatch):
    made = Network()
    known = types.SimpleNamespace(**vars(i3d.i3d))
    known.load = lambda: made
    monkeypatch.setattr(i3d, "i3d", known)
    return made


def clips(*shades: int, frames: int = 9) -> np.ndarray:
    return np.stack([np.full((frames, 4, 4, 3), one, np.uint8) for one in shades])


def test_features_are_the_logits_of_clips_by_fours(network):
    found = i3d.I3D().features(clips(1, 2, 3, 4, 5))
    np.testing.assert_allclose(found, [[1, 0], [2, 0], [3, 0], [4, 0], [5, 0]])
    assert [shape[0] for shape in network.seen] == [4, 1]


def test_probabilities_are_those_of_the_logits(network):
    found = i3d.I3D().probabilities(clips(2))
    np.testing.assert_allclose(found[0, 0], np.exp(2) / (np.exp(2) + 1), rtol=1e-6)


def test_only_the_logits_have_the_published_name(network):
    names = [
        extractor.title("FVD", one)
        for one in (i3d.I3D(), i3d.PooledI3D(), i3d.PooledI3D(clip_statistics=True))
    ]
    assert names == ["FVD", "FVD[i3d-pooled]", "FVD[i3d-pooled-clip-statistics]"]


def test_identity_differs_by_what_is_taken(network):
    made = [i3d.I3D(), i3d.PooledI3D(), i3d.PooledI3D(clip_statistics=True)]
    assert len({one.identity for one in made}) == 3
    assert i3d.I3D().identity == made[0].identity


def test_pooled_features_are_of_frames_from_0_to_1_one_by_one(network):
    found = i3d.PooledI3D(clip_statistics=True).features(clips(0, 51, frames=2))
    expected = [[0.0] * 3 + [1.0] * 3, [0.2] * 3 + [1.0] * 3]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert network.seen == [(1, True)] * 2


def test_short_clips_are_refused(network):
    with pytest.raises(errors.UserError, match="have 8 frames .* wants 9 or more"):
        i3d.I3D().features(clips(1, frames=8))


# --- With the weights


@pytest.mark.long
@real_weights.needs("i3d")
def test_black_against_white_is_the_published_distance():
    # The example of the reference code: 16 videos of 15 frames each, all alike.
    made = i3d.I3D()
    black, white = (
        np.repeat(
            made.features(np.full((1, 15, 64, 64, 3), shade, np.uint8)), 16, axis=0
        )
        for shade in (0, 255)
    )
    assert frechet.distance(black, white) == pytest.approx(133.91, abs=0.01)
    assert frechet.distance(black, black) == pytest.approx(0.0, abs=1e-3)


@pytest.mark.long
@real_weights.needs("i3d")
def test_pooled_features_differ_by_the_statistics():
    clip = np.random.default_rng(0).integers(0, 256, (1, 8, 64, 64, 3), np.uint8)
    learnt = i3d.PooledI3D().features(clip)
    own = i3d.PooledI3D(clip_statistics=True).features(clip)
    assert learnt.shape == own.shape == (1, 1024)
    assert np.abs(learnt - own).max() > 0.01
