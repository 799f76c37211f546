import numpy as np
import pytest
import tensorflow as tf

from tests.models.deblurgan import test_model
from tfvideogan.core import signatures
from tfvideogan.models.deblurgan import windows
from tfvideogan.serving.client import long_video, metadata
from tfvideogan.serving.export import checked


def video(frames, height=10, width=12, seed=0):
    draw = np.random.default_rng(seed)
    return draw.integers(0, 256, (1, frames, height, width, 3)).astype(np.uint8)


@pytest.fixture(scope="module", params=[3, pytest.param(5, marks=pytest.mark.long)])
def served(request):
    """The signatures of a model, by name."""
    model = test_model.started(test_model.make_model(window=request.param))
    return checked.SignatureModule(model.serving_functions())


def test_frames_alone_have_no_memory():
    model = test_model.started(test_model.make_model())
    assert set(model.serving_functions()) == {signatures.RESTORE}


def test_chunks_equal_the_whole_video_with_a_memory_of_constant_size(served):
    given = video(9)
    whole = served.concrete["restore"](frames=tf.constant(given))["video"].numpy()
    assert whole.shape == given.shape and whole.dtype == np.uint8
    reach = served.specs["restore_end"]["state_frames"].shape[1] // 2
    start = served.concrete["restore_start"](frames=tf.constant(given[:, :4]))
    assert start["video"].shape[1] == 4 - reach
    parts = [start["video"]]
    memory = start["next_state_frames"]
    for first, stop in ((3, 6), (5, 9)):
        assert memory.shape == (1, 2 * reach, *given.shape[2:])
        answer = served.concrete["restore_next"](
            frames=tf.constant(given[:, first:stop]), state_frames=memory
        )
        assert answer["video"].shape[1] == stop - first - 1
        parts.append(answer["video"])
        memory = answer["next_state_frames"]
    parts.append(served.concrete["restore_end"](state_frames=memory)["video"])
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)


def test_the_client_joins_them(served):
    given = video(9)[0]
    known = {
        name: metadata.Signature(
            name,
            {
                key: metadata.Tensor(spec.dtype, tuple(spec.shape))
                for key, spec in one.inputs.items()
            },
            {key: metadata.Tensor(tf.uint8, (None,) * 5) for key in one.outputs},
        )
        for name, one in served.served.items()
    }
    asked = []

    def ask(name, arrays, wanted):
        asked.append(name)
        batch = {key: tf.constant(array[np.newaxis]) for key, array in arrays.items()}
        found = served.concrete[name](**batch)
        return {key: found[key].numpy()[0] for key in wanted}

    plan = long_video.Plan(chunk_frames=4, overlap=2)
    found = long_video.predict(
        ask, "restore", known, {"frames": given}, ["video"], plan
    )
    whole = served.concrete["restore"](frames=tf.constant(given[np.newaxis]))["video"][
        0
    ]
    np.testing.assert_array_equal(found["video"], whole)
    assert asked[0] == "restore_start" and asked[-1] == "restore_end"


def test_large_pictures_are_restored_in_tiles(served):
    given = video(3, height=21, width=30)
    made = served.concrete["restore"](frames=tf.constant(given))["video"].numpy()
    assert made.shape == given.shape
    # An untrained network gives back what it is given: tiles move nothing.
    model = test_model.make_model()
    model.build_for(test_model.SPEC)
    restore = tf.function(model.serving_functions()["restore"].function)
    made = restore(frames=tf.constant(given))["video"]
    np.testing.assert_array_equal(made, given)


def test_a_picture_that_is_too_small_is_refused_in_one_line(served):
    with pytest.raises(
        tf.errors.InvalidArgumentError, match="H at least 4, W at least 4"
    ):
        served.concrete["restore"](frames=tf.constant(video(3, 2, 2)))


def test_a_window_holds_the_frames_around():
    clips = tf.reshape(tf.range(4.0), [1, 4, 1, 1, 1])
    found = windows.folded(clips, reach=2)[..., 0, 0, 0].numpy()
    np.testing.assert_array_equal(
        found, [[0, 0, 0, 1, 2], [0, 0, 1, 2, 3], [0, 1, 2, 3, 3], [1, 2, 3, 3, 3]]
    )


def test_frames_are_restored_one_by_one_in_tiles():
    seen = []

    def middle(window):
        shape = tf.shape(window)
        tf.py_function(lambda one: seen.append(tuple(one.numpy())), [shape], [])
        return window[:, 1]

    given = video(5, 20, 14)
    made = windows.restored_bytes(given, middle, reach=1, tile=12, overlap=4)
    np.testing.assert_array_equal(made, given[:, 1:4])
    # (20 - 4) / 8 by (14 - 4) / 8, rounded up, of three frames.
    assert seen == [(1, 3, 12, 12, 3)] * 12
