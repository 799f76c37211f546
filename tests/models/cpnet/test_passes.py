"""Whole clips: the blend of two passes, what a pass copies from, micro-batches."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests import traced_graphs
from tfvideogan.core import seeds
from tfvideogan.models.cpnet import alignment, filling, networks, passes, windows

SIZE = 16
ALL = windows.Window(reach=9, stride=1)


@pytest.fixture(scope="module", autouse=True)
def freed():
    yield
    traced_graphs.forget()


@pytest.fixture(scope="module")
def filler():
    made = filling.Filler(
        alignment.Aligner(width=2, size=32),
        networks.Copier(width=2, sharpness=None),
        networks.Paster(3, width=2),
        filling.Matching(),
    )
    frames, holes = clips(2)
    passes.Passes(window=ALL).complete(made, frames, holes)
    for number, one in enumerate(made.aligner.trainable_variables):
        one.assign_add(0.05 * seeds.normal(one.shape, seeds.from_int(number)))
    return made


def clips(length):
    frames = seeds.uniform([1, length, SIZE, SIZE, 3], seeds.from_int(1), -1.0, 1.0)
    drawn = seeds.uniform([1, length, SIZE, SIZE, 1], seeds.from_int(2))
    return frames, tf.cast(drawn < 0.3, tf.float32)


@dataclasses.dataclass(frozen=True)
class Noted(passes.Passes):
    """Paints the number of frames that were filled before, and notes what it was given."""

    given: list = dataclasses.field(default_factory=list)

    def _filled(self, filler, clip, target):
        self.given.append((int(target), clip))
        return tf.ones_like(clip.frames[0]) * float(len(self.given))


def test_passes_go_backwards_then_forwards_and_are_blended(filler):
    frames, holes = clips(4)
    noted = Noted(window=ALL)
    made = noted.complete(filler, frames, holes)
    assert [target for target, _ in noted.given] == [3, 2, 1, 0, 0, 1, 2, 3]
    # Frame f is 4 - f in the first pass, 5 + f in the second: the first frame is all of the
    # first pass, the last one three quarters of the second.
    wanted = [4.0, 0.75 * 3 + 0.25 * 6, 0.5 * 2 + 0.5 * 7, 0.25 * 1 + 0.75 * 8]
    np.testing.assert_allclose(made[0, :, 0, 0, 0], wanted, rtol=1e-6)


def test_what_is_filled_is_a_reference_without_holes(filler):
    frames, holes = clips(3)
    noted = Noted(window=ALL)
    noted.complete(filler, frames, holes)
    by_number = [clip for _, clip in noted.given]
    # The third call fills frame 0: frames 2 and 1 were filled with 1 and 2.
    np.testing.assert_array_equal(by_number[2].frames[:, 0, 0, 0, 0][1:], [2.0, 1.0])
    assert not np.any(by_number[2].holes[1:])
    # The second pass starts with what was given.
    np.testing.assert_array_equal(by_number[3].holes[:, 0], holes[0])
    assert np.any(by_number[3].frames[2] != 1.0)


def test_the_second_pass_aligns_by_what_was_given(filler):
    """The published fault and its cure."""
    frames, holes = clips(3)
    first, stale = {}, {}
    for keeps, found in ((False, first), (True, stale)):
        noted = Noted(window=ALL, keeps_stale_features=keeps)
        noted.complete(filler, frames, holes)
        found["start"] = noted.given[0][1].as_reference.numpy()
        found["second"] = noted.given[3][1].as_reference.numpy()
    np.testing.assert_array_equal(first["second"], first["start"])
    assert np.abs(stale["second"] - stale["start"]).max() > 1e-3
    # Frame 2 was painted 1 everywhere, frame 0 was 3.
    white = filler.aligner.encode(
        tf.ones([1, SIZE, SIZE, 3]), tf.zeros([1, SIZE, SIZE, 1])
    ).as_reference
    np.testing.assert_allclose(stale["second"][2], white, atol=1e-5)


@pytest.mark.parametrize("num_passes", [1, 2])
def test_micro_batches_change_nothing(filler, num_passes):
    frames, holes = clips(4)
    made = [
        passes.Passes(passes=num_passes, window=ALL, micro_batch=one).complete(
            filler, frames, holes
        )
        for one in (2, 3)
    ]
    np.testing.assert_allclose(*made, atol=1e-5)


def test_one_pass_equals_filling_each_frame_from_all_others(filler):
    frames, holes = clips(3)
    made = passes.Passes(passes=1, window=ALL).complete(filler, frames, holes)
    frames = filling.Matching().started(frames, holes)
    features = filling.features(filler.aligner, frames, holes)
    order = [1, 0, 2]
    target = filling.Target(frames[:, 1], holes[:, 1], features.as_target[:, 1])
    references = filling.References(
        *(tf.gather(one, order[1:], axis=1) for one in (frames, holes, features[1]))
    )
    painted = filler(target, references).painted
    wanted = tf.where(
        holes[:, 1] > 0, tf.clip_by_value(painted, -1.0, 1.0), frames[:, 1]
    )
    np.testing.assert_allclose(made[:, 1], wanted, atol=1e-5)


def test_a_graph_of_a_known_number_of_clips_equals_eager(filler):
    frames, holes = clips(2)
    whole = passes.Passes(passes=1, window=ALL)
    traced = tf.function(lambda *given: whole.complete(filler, *given))
    np.testing.assert_allclose(
        traced(frames, holes), whole.complete(filler, frames, holes), atol=1e-5
    )
