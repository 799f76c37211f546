import contextlib
import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests import completing_toy
from tfvideogan.core import pixels
from tfvideogan.models import completion_streaming, completion_windows
from tfvideogan.serving.export import checked

REACH = completion_windows.Reach(block=4, context=3, overlap=2, references=3, stride=2)


def greys(*values):
    """Frames 2x2 of these greys, whose left column is a hole with something else in it."""
    frames = np.zeros([1, len(values), 2, 2, 3], np.uint8)
    frames += np.array(values, np.uint8)[:, None, None, None]
    holes = np.zeros([1, len(values), 2, 2, 1], np.uint8)
    holes[..., 0, :] = 7
    return {"frames": np.where(holes > 0, np.uint8(99), frames), "holes": holes}


def video(length, size=(5, 6), seed=0):
    """Noise with holes."""
    draw = np.random.default_rng(seed)
    frames = draw.integers(0, 256, (1, length, *size, 3)).astype(np.uint8)
    return {"frames": frames, "holes": (frames[..., :1] > 150).astype(np.uint8) * 255}


def in_chunks(served, given, chunk):
    """Asks for chunks with the memory of the one before; returns answers and memories."""
    total, state, parts, memories, first = given["frames"].shape[1], {}, [], [], 0
    while first < total - 1 or not parts:
        stop = min(first + chunk, total)
        name = "complete_next" if parts else "complete_start"
        cut = {key: tf.constant(one[:, first:stop]) for key, one in given.items()}
        found = served[name](**cut, **state)
        state = {f"state_{key}": found[f"next_state_{key}"] for key in KEYS}
        memories.append(state["state_frames"].shape[1])
        parts.append(found["video"].numpy())
        first = stop - 1
    parts.append(served["complete_end"](**state)["video"].numpy())
    return parts, memories


KEYS = ("frames", "holes", "blocks")


@pytest.fixture(scope="module")
def served():
    """The signatures of a model, by name; traced functions do not keep its weights."""
    model = completing_toy.built(REACH, multiple=4)
    module = checked.SignatureModule(model.serving_functions())
    yield module.concrete


@pytest.fixture(scope="module")
def long_answer(served):
    given = video(30)
    inputs = {key: tf.constant(one) for key, one in given.items()}
    return given, served["complete"](**inputs)["video"].numpy()


@pytest.mark.parametrize("chunk", [2, 5, 8, 30])
def test_any_chunks_equal_the_whole_video_bit_for_bit(served, long_answer, chunk):
    given, whole = long_answer
    parts, memories = in_chunks(served, given, chunk)
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)
    # References, context twice, and a block.
    assert max(memories) <= 3 + 2 * 3 + 4
    for done in np.cumsum([part.shape[1] for part in parts])[:-1]:
        assert done % REACH.block == 0


def test_known_pixels_are_those_of_the_video(long_answer):
    given, whole = long_answer
    is_known = np.broadcast_to(given["holes"] == 0, whole.shape)
    np.testing.assert_array_equal(whole[is_known], given["frames"][is_known])


@pytest.mark.parametrize("length", [1, 2, 7])
def test_a_clip_of_one_window_is_painted_in_one_piece(served, length):
    given = video(length)
    [nothing, whole], _ = in_chunks(served, given, 30)
    assert nothing.shape[1] == 0
    model = completing_toy.built(REACH, multiple=4)
    made = model.complete(
        pixels.to_float(given["frames"]), tf.cast(given["holes"], tf.float32)
    )
    np.testing.assert_array_equal(whole, pixels.to_uint8(made))


def test_a_block_sees_references_what_is_completed_and_what_comes():
    reach = completion_windows.Reach(
        block=2, context=1, overlap=0, references=1, stride=1
    )
    given = greys(0, 10, 20, 30, 40, 50)
    functions = completing_toy.built(reach).serving_functions()
    made = (
        functions["complete"]
        .function(**{key: tf.constant(one) for key, one in given.items()})["video"]
        .numpy()
    )
    # Frames 0, 1: of 0, 10 and 20 behind. Frames 2, 3: reference 0; 10 twice, as frame 1
    # is completed; 20, 30, and 40 behind: 110 / 6. Frames 4, 5: reference 0; 30 and the
    # 18 painted in frame 3; 40, 50: 138 / 5.
    assert made[0, :, 0, 0, 0].tolist() == [10, 10, 18, 18, 28, 28]
    assert made[0, :, 0, 1, 0].tolist() == [0, 10, 20, 30, 40, 50]


def test_what_two_windows_paint_is_blended_by_shares_of_one():
    reach = completion_windows.Reach(block=2, context=1, overlap=1, references=0)
    given = greys(0, 10, 20, 32)
    functions = completing_toy.built(reach).serving_functions()
    made = (
        functions["complete"]
        .function(**{key: tf.constant(one) for key, one in given.items()})["video"]
        .numpy()
    )
    # The first window paints (0 + 10 + 20) / 3 also in frame 2. The second one sees 10
    # twice, 20 and 32: 18; in frame 2 it has one half.
    assert made[0, :, 0, 0, 0].tolist() == [10, 10, 14, 18]


def test_shares_rise_to_one():
    streaming = completing_toy.built(REACH).serving_functions()
    shares = streaming["complete"].function.__self__._shares
    found = shares(tf.constant(4), is_first=tf.constant(False))
    # Two of overlap: a third and two thirds; the other window has the rest.
    np.testing.assert_allclose(np.ravel(found), [1 / 3, 2 / 3, 1, 1], rtol=1e-6)
    assert np.all(shares(tf.constant(3), is_first=tf.constant(True)) == 1)


def test_videos_that_are_not_equally_far_are_refused(served):
    given = {key: np.repeat(one, 2, axis=0) for key, one in video(9).items()}
    found = served["complete_start"](
        **{key: tf.constant(one) for key, one in given.items()}
    )
    assert found["next_state_blocks"].numpy().tolist() == [1, 1]
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="must be the same for all"
    ):
        served["complete_end"](
            state_frames=found["next_state_frames"],
            state_holes=found["next_state_holes"],
            state_blocks=tf.constant([1, 0]),
        )


@pytest.mark.parametrize(
    "holes, said",
    [
        ((1, 3, 5, 6, 1), "T = 4 as in `frames`"),
        ((1, 4, 6, 6, 1), "H = 5 as in `frames`"),
        ((1, 4, 5, 6, 3), r"must be \[N, T, H, W, 1\]"),
    ],
)
def test_holes_of_another_size_or_length_are_refused_in_the_graph(served, holes, said):
    call = tf.function(lambda **inputs: served["complete"](**inputs))
    specs = {key: tf.TensorSpec(None, tf.uint8, key) for key in ("frames", "holes")}
    with pytest.raises(tf.errors.InvalidArgumentError, match=said):
        call.get_concrete_function(**specs)(
            frames=tf.constant(video(4)["frames"]), holes=tf.zeros(holes, tf.uint8)
        )


class Watcher:
    """Paints 0.5, and keeps the sizes of what it has seen of each window."""

    def __init__(self):
        self.sizes = []

    def paint(self, window):
        whole = completion_windows.joined(
            window.references, window.before, window.block, window.behind
        )
        self.sizes.append(tuple(whole.frames.shape[1:4]))
        shape = tf.shape(window.block.frames[:, : window.block.length()])
        return tf.fill(shape, 0.5)

    def complete(self, reach, given, **options):
        streaming = completion_streaming.Streaming(
            self.paint, completing_toy.SPEC, reach=reach, multiple=8, **options
        )
        run = streaming.serving_functions()["complete"].function
        with eager():
            return run(**{k: tf.constant(one) for k, one in given.items()})["video"]


@contextlib.contextmanager
def eager():
    """Runs functions as Python, so that sizes are known."""
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


def with_spots(*spots, length=6, size=(200, 300)):
    """Frames of 10 with a hole of one pixel in each that is named: (frame, row, column)."""
    holes = np.zeros([1, length, *size, 1], np.uint8)
    for time, row, column in spots:
        holes[0, time, row, column] = 1
    return {"frames": np.full([1, length, *size, 3], 10, np.uint8), "holes": holes}


BLOCKS = completion_windows.Reach(block=2, context=1, overlap=0, references=0)


def test_a_window_is_seen_around_the_holes_of_its_block():
    watcher = Watcher()
    # Those of the look-ahead and of what is painted already do not count.
    given = with_spots((0, 100, 150), (2, 0, 0), (3, 90, 0), (5, 199, 299))
    made = watcher.complete(BLOCKS, given).numpy()
    # 1 and 91 rows with 32 pixels on each side, mirrored to multiples of 8. The last
    # window has no look-ahead.
    assert watcher.sizes == [(3, 72, 72), (4, 160, 72), (3, 72, 72)]
    is_hole = np.broadcast_to(given["holes"] > 0, made.shape)
    # 0.5 of [-1, 1] is 191.25 of 255.
    assert set(made[is_hole]) == {191} and set(made[~is_hole]) == {10}


def test_a_window_without_holes_is_not_painted():
    watcher = Watcher()
    given = with_spots((5, 7, 7))
    made = watcher.complete(BLOCKS, given).numpy()
    assert watcher.sizes == [(3, 72, 72)]
    assert made[0, 5, 7, 7].tolist() == [191] * 3


def test_whole_frames_are_seen_where_that_is_asked_for():
    given = with_spots((0, 100, 150), length=2, size=(200, 296))
    for reach, options in (
        (dataclasses.replace(BLOCKS, margin=None), {}),
        (BLOCKS, {"has_fixed_size": True}),
    ):
        watcher = Watcher()
        watcher.complete(reach, given, **options)
        assert watcher.sizes == [(2, 200, 296)]
