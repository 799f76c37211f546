"""Videos with holes, shot by shot."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.serving.client import completion, long_video, metadata

VIDEO = metadata.Tensor(tf.uint8, (None, None, None, None, 3))
HOLES = metadata.Tensor(tf.uint8, (None, None, None, None, 1))
COUNT = metadata.Tensor(tf.int32, (None,))


class Model:
    """Paints everything in one grey; answers `late` frames late; counts what is out.

    Attributes:
      asked: names of signatures and shapes of frames, by request.
    """

    def __init__(self, *, late: int | None = None, size=(None, None), length=None):
        given = {
            "frames": metadata.Tensor(tf.uint8, (None, length, *size, 3)),
            "holes": HOLES,
        }
        state = {"state_count": COUNT}
        named = {"complete": (given, {"video": VIDEO})}
        if late is not None:
            out = {"video": VIDEO, "next_state_count": COUNT}
            named |= {
                "complete_start": (given, out),
                "complete_next": (given | state, out),
                "complete_end": (state, {"video": VIDEO}),
            }
        self.known = {
            name: metadata.Signature(name, *sides) for name, sides in named.items()
        }
        self.late, self.asked = late, []

    def ask(self, name, arrays, outputs):
        shape = arrays["frames"].shape if "frames" in arrays else ()
        self.asked.append((name, *shape[:3]))
        if name == "complete":
            return {"video": np.full(shape, 99, np.uint8)}
        if name != "complete_end":
            self.size = shape[1:]
        new = shape[0] - (name == "complete_next") if shape else 0
        waiting = int(arrays.get("state_count", 0)) + new
        ready = waiting if name == "complete_end" else max(waiting - self.late, 0)
        video = np.full([ready, *self.size], 99, np.uint8)
        return {"video": video, "next_state_count": np.int32(waiting - ready)}


def pairs(total, size=(6, 8), hole=(2, 3)):
    """Frames that count, each with a hole of one pixel; None for no hole."""
    for number in range(total):
        mask = np.zeros(size, np.uint8)
        if hole is not None:
            mask[hole] = 1
        yield np.full([*size, 3], number, np.uint8), mask


def run(model, total, *, starts=(), chunk=4, **options):
    """The frames that are made, and the shots."""
    given = {key: options.pop(key) for key in ("size", "hole") if key in options}
    found = completion.surveyed(
        starts, (hole for _, hole in pairs(total, **given)), total
    )
    plan = long_video.Plan(chunk, 0)
    made = completion.Completer(model.ask, model.known, "complete", plan, **options)
    return np.stack([*made.frames(pairs(total, **given), found)]), found


@pytest.mark.parametrize("late", [0, 1, 7])
@pytest.mark.parametrize("total", [1, 4, 5, 11])
def test_only_holes_are_changed_however_late_a_model_answers(late, total):
    model = Model(late=late)
    made, _ = run(model, total)
    wanted = np.stack([frame for frame, _ in pairs(total)])
    wanted[:, 2, 3] = 99
    np.testing.assert_array_equal(made, wanted)
    names = [one[0] for one in model.asked]
    assert names[0] == ("complete_start" if total > 4 else "complete")
    assert all(one[1] <= 4 + 1 for one in model.asked if len(one) > 1)


def test_shots_are_asked_for_by_themselves_and_not_without_holes():
    model = Model(late=1)
    run(model, 9, starts=[3])
    assert [one[0] for one in model.asked] == [
        "complete",
        "complete_start",
        "complete_next",
        "complete_end",
    ]
    model = Model(late=1)
    made, found = run(model, 3, hole=None)
    assert not model.asked and made[:, 0, 0, 0].tolist() == [0, 1, 2]
    assert completion.described(found) == [
        "The mask is empty: the answer is the video itself."
    ]


def test_a_model_without_memory_gets_chunks_that_overlap():
    model = Model()
    made, _ = run(model, 6)
    assert made[:, 2, 3, 0].tolist() == [99] * 6
    assert {one[0] for one in model.asked} == {"complete"}
    assert all(one[1] == 4 for one in model.asked)


def test_a_model_of_one_length_gets_that():
    model = Model(late=0, length=3)
    run(model, 4)
    assert {one[:2] for one in model.asked} == {("complete", 3)}


def test_no_more_than_a_chunk_and_what_is_late_is_held():
    model, total, late, chunk = Model(late=5), 60, 5, 4
    taken = []

    def counted():
        for pair in pairs(total):
            taken.append(1)
            yield pair

    found = completion.surveyed([], (hole for _, hole in pairs(total)), total)
    made = completion.Completer(
        model.ask, model.known, "complete", long_video.Plan(chunk, 0)
    )
    for done, _ in enumerate(made.frames(counted(), found), start=1):
        assert len(taken) - done <= late + chunk


def test_a_crop_is_around_all_holes_of_a_shot():
    model = Model(late=0)
    run(model, 2, size=(180, 300), hole=(np.s_[10:12], np.s_[20:120]), is_cropped=True)
    # 2 rows and 100 columns with 64 pixels on each side.
    assert model.asked == [("complete", 2, 130, 228)]
    # A model of one size sees whole frames.
    model = Model(late=0, size=(80, 200))
    run(model, 2, size=(80, 200), is_cropped=True)
    assert model.asked == [("complete", 2, 80, 200)]


@pytest.mark.parametrize(
    "hole, wanted",
    [
        # In the middle of its surroundings, but inside.
        (np.s_[100:120], (36, 184)),
        (np.s_[0:60], (0, 188)),
        (np.s_[190:200], (62, 200)),
        (np.s_[0:200], (0, 200)),
    ],
)
def test_a_crop_is_inside(hole, wanted):
    seen = []

    def ask(name, arrays, outputs):
        seen.append(arrays["frames"])
        return {"video": arrays["frames"]}

    frame = np.tile(np.arange(200, dtype=np.uint8)[None, :, None], [4, 1, 3])
    mask = np.zeros([4, 200], np.uint8)
    mask[:, hole] = 1
    made = completion.Completer(
        ask, Model().known, "complete", long_video.Plan(4, 0), is_cropped=True
    )
    [*made.frames([(frame, mask)], completion.surveyed([], [mask], 1))]
    columns = seen[0][0, 0, :, 0]
    assert (columns[0], columns[-1] + 1) == wanted


def test_holes_are_described_before_any_work():
    empty, full = np.zeros([2, 2], np.uint8), np.ones([2, 2], np.uint8)
    corner = np.array([[1, 0], [0, 0]], np.uint8)
    found = completion.surveyed([3], [corner, corner, full, empty, empty], 5)
    assert completion.described(found) == [
        "2 shots, each completed by itself.",
        "2 of 5 frames have no holes.",
        "Warning: 1 of 5 frames are holes all over; nothing of them is known.",
        # One of four pixels.
        "25 % of the pixels with holes are holes in every frame of their shot: what is "
        "behind them is seen only if something moves.",
    ]


def test_arrays_are_completed_shot_by_shot():
    model = Model(late=2)
    frames = np.full([6, 4, 4, 3], 10, np.uint8)
    frames[4:] = 200
    holes = np.zeros([6, 4, 4, 1], np.uint8)
    holes[:, 0, 0] = 1
    given = {"frames": frames, "holes": holes}
    made = completion.of_arrays(
        model.ask, "complete", model.known, given, long_video.Plan(4, 0)
    )
    assert model.asked == [("complete", 4, 4, 4), ("complete", 2, 4, 4)]
    np.testing.assert_array_equal(made, np.where(holes > 0, 99, frames))


def panned(total):
    """Frames of a scene that moves, [T, 48, 48, 3], and a hole that stands still."""
    rng = np.random.default_rng(1)
    wide = np.kron(rng.integers(0, 256, (12, 40, 3)), np.ones((4, 4, 1)))
    frames = np.stack([wide[:, 4 * t : 4 * t + 48] for t in range(total)])
    holes = np.zeros((total, 48, 48, 1), np.uint8)
    holes[:, 20:28, 20:26] = 1
    return frames.astype(np.uint8), holes


AUTO = completion.Method(completion.AUTO)


def test_auto_asks_the_model_only_for_what_no_frame_shows():
    frames, holes = panned(6)
    model = Model()
    plan = long_video.Plan(8, 0)
    given = {"frames": np.where(holes > 0, np.uint8(0), frames), "holes": holes}
    made = completion.of_arrays(model.ask, "complete", model.known, given, plan, AUTO)
    np.testing.assert_array_equal(made[holes[..., 0] == 0], frames[holes[..., 0] == 0])
    # Propagation along DIS flow finds nearly all; the model's grey is 72 off on average.
    error = np.abs(made.astype(float) - frames)[holes[..., 0] > 0]
    assert error.mean() < 25


def test_auto_gives_what_is_left_to_the_model_and_marks_the_rest_as_known():
    seen = {}

    class Watched(Model):
        def ask(self, name, arrays, outputs):
            seen.update(arrays)
            return super().ask(name, arrays, outputs)

    # A still scene before a still camera: what is a hole in all frames is left.
    frames = np.full((4, 32, 32, 3), 50, np.uint8)
    holes = np.zeros((4, 32, 32, 1), np.uint8)
    holes[:, 8:12, 8:12] = 1
    holes[1, 20:24, 20:24] = 1
    given = {"frames": np.where(holes > 0, np.uint8(0), frames), "holes": holes}
    model = Watched()
    made = completion.of_arrays(
        model.ask, "complete", model.known, given, long_video.Plan(8, 0), AUTO
    )
    wanted = np.zeros_like(holes)
    wanted[:, 8:12, 8:12] = 1
    np.testing.assert_array_equal(seen["holes"], wanted)
    np.testing.assert_array_equal(seen["frames"], np.where(wanted > 0, 0, frames))
    np.testing.assert_array_equal(made, np.where(wanted > 0, 99, frames))


def test_auto_asks_for_the_flow_where_the_model_completes_it():
    frames, holes = panned(6)
    asked = []

    class WithFlow(Model):
        def __init__(self):
            super().__init__()
            self.known["complete_flow"] = metadata.Signature("complete_flow", {}, {})

        def ask(self, name, arrays, outputs):
            if name != "complete_flow":
                return super().ask(name, arrays, outputs)
            asked.append({key: one.shape for key, one in arrays.items()})
            # The scene moves by 4 pixels to the left.
            forward = np.broadcast_to(np.float32([-4, 0]), (5, 48, 48, 2))
            return dict(zip(outputs, (forward, -forward), strict=True))

    model, plan = WithFlow(), long_video.Plan(8, 0)
    given = {"frames": np.where(holes > 0, np.uint8(0), frames), "holes": holes}
    made = completion.of_arrays(model.ask, "complete", model.known, given, plan, AUTO)
    flow = (5, 48, 48, 2)
    assert asked == [
        {
            "frames": (6, 48, 48, 3),
            "holes": (6, 48, 48, 1),
            "forward_flow": flow,
            "backward_flow": flow,
        }
    ]
    error = np.abs(made.astype(float) - frames)[holes[..., 0] > 0]
    assert error.mean() < 25


@pytest.mark.parametrize("late", [None, 5])
def test_auto_is_the_same_in_chunks_and_without_a_model_where_nothing_is_left(late):
    frames = np.full((9, 32, 32, 3), 50, np.uint8)
    holes = np.zeros((9, 32, 32, 1), np.uint8)
    holes[4, 8:12, 8:12] = 1
    given = {"frames": np.where(holes > 0, np.uint8(0), frames), "holes": holes}
    model = Model(late=late)
    made = completion.of_arrays(
        model.ask, "complete", model.known, given, long_video.Plan(16, 0), AUTO
    )
    np.testing.assert_array_equal(made, frames)
    assert not model.asked
    model = Model(late=late)
    made = completion.of_arrays(
        model.ask, "complete", model.known, given, long_video.Plan(4, 0), AUTO
    )
    np.testing.assert_array_equal(made, frames)


def test_unknown_method_is_refused():
    with pytest.raises(errors.UserError, match=r"`method` \('magic'\) must be one of"):
        completion.Method("magic")
