import dataclasses

import numpy as np
import pytest

from tfvideogan.data.procedural.faces import expression, raster
from tfvideogan.data.procedural.faces import person as faces_person

# Somebody without hair, glasses or beard, in colours that nothing else has.
PLAIN = dataclasses.replace(
    faces_person.person(0, 1),
    style="bald",
    has_glasses=False,
    has_beard=False,
    skin=(250, 200, 150),
    lips=(255, 0, 0),
    iris=(0, 0, 255),
    hair=(0, 90, 0),
    ground=(10, 200, 10),
    shirt=(255, 255, 0),
)


def still(**changes):
    """A performance of one frame: neutral, looking straight at us."""
    features = dataclasses.asdict(expression.NEUTRAL) | changes
    zero = np.zeros(1)
    return expression.Performance(
        zero,
        {name: np.asarray([value]) for name, value in features.items()},
        zero,
        zero,
        zero,
        zero * 1j,
    )


def painted(performance, person=PLAIN, size=128):
    return raster.paint(person, performance, size, size)[0]


def where(frame, colour, near=40):
    """Rows and columns of the pixels of a colour."""
    distance = np.abs(frame.astype(int) - colour).max(-1)
    return np.nonzero(distance <= near)


def test_a_face_is_painted_in_its_colours_on_its_ground():
    frame = painted(still())
    assert frame.shape == (128, 128, 3) and frame.dtype == np.uint8
    assert tuple(frame[0, 0]) == PLAIN.ground
    # The cheek: right of the nose, below the eye.
    middle = 0.47 * 127 + 0.2 * 0.36 * 128, 63.5 + 0.35 * 0.36 * 128
    assert tuple(frame[int(middle[0]), int(middle[1])]) == PLAIN.skin
    for colour in (PLAIN.lips, PLAIN.iris, PLAIN.hair, PLAIN.shirt):
        assert len(where(frame, colour)[0]) > 4


def test_a_face_that_looks_at_us_is_symmetric():
    frame = painted(still()).astype(int)
    difference = np.abs(frame - frame[:, ::-1]).max(-1)
    assert np.mean(difference > 60) < 0.01


def test_eyes_are_where_the_person_has_them():
    rows, columns = where(painted(still()), PLAIN.iris)
    scale = 0.36 * 128
    assert np.mean(rows) == pytest.approx(
        0.47 * 127 + PLAIN.eye_height * scale, abs=1.5
    )
    right = columns[columns > 64].mean()
    assert right == pytest.approx(63.5 + PLAIN.eye_gap * scale, abs=1.5)


def test_an_open_mouth_is_dark_and_a_shut_one_is_not():
    dark = [
        len(where(painted(still(mouth_open=opening)), raster.DARK)[0])
        for opening in (0.0, 0.1, 0.2)
    ]
    assert dark[0] < dark[1] < dark[2]


def test_the_corners_of_a_smile_rise():
    heights = {}
    for curve in (-0.12, 0.12):
        rows, columns = where(painted(still(mouth_curve=curve)), PLAIN.lips, near=110)
        corner = columns >= columns.max() - 2
        middle = np.abs(columns - 64) <= 2
        heights[curve] = rows[corner].mean() - rows[middle].mean()
    assert heights[0.12] < 0 < heights[-0.12]  # rows count downwards


def test_shut_eyes_hide_the_iris():
    seen = [
        len(where(painted(still(eye_open=opening)), PLAIN.iris)[0])
        for opening in (0.08, 1.0, 1.5)
    ]
    assert seen[0] < 0.4 * seen[1] < seen[1] < seen[2]


def test_a_turned_head_moves_the_face_and_the_nose_more():
    straight, turned = still(), dataclasses.replace(still(), yaw=np.asarray([0.4]))
    places = [where(painted(one), PLAIN.lips)[1].mean() for one in (straight, turned)]
    # 0.35 of the angle, in half heights of the head.
    assert places[1] - places[0] == pytest.approx(0.35 * 0.4 * 0.36 * 128, abs=1.5)


def test_people_wear_what_they_wear():
    changes = [{}, {"has_glasses": True}, {"has_beard": True}, {"style": "long"}]
    frames = [
        painted(still(), dataclasses.replace(PLAIN, **change)) for change in changes
    ]
    hair = [len(where(frame, PLAIN.hair)[0]) for frame in frames]
    assert hair[2] > 2 * hair[0] and hair[3] > 5 * hair[0]
    glasses = [len(where(frame, raster.FRAME, near=12)[0]) for frame in frames]
    assert glasses[1] > 50 + glasses[0]
