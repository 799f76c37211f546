import numpy as np

from tfvideogan.data.holes import motion


def generator(number):
    return np.random.Generator(np.random.Philox(key=[9, number]))


def test_a_box_stays_in_the_picture_and_starts_at_the_speed_asked_for():
    for number in range(20):
        path = motion.wander(generator(number), 50, room=(30, 50), speeds=(2.0, 2.0))
        assert (path >= 0).all() and (path <= (30, 50)).all()
        step = np.linalg.norm(path[1] - path[0])
        # 2 pixels, a change of deviation 1.5, and rounding; less at a border.
        assert step <= 2 + 4 * 1.5 + 1
        assert len(np.unique(path, axis=0)) > 10


def test_a_box_without_room_stays():
    path = motion.wander(generator(0), 5, room=(0, 0), speeds=(0.0, 3.0))
    assert not path.any()


def test_squares_rebound():
    start, velocity = np.array([[1.0, 0.0]]), np.array([[2.0, -1.0]])
    path = motion.bounce(start, velocity, 5, room=np.array([[4, 3]]))
    # Down from 1 at 2 a frame to 4 and back; left from 0 at 1 a frame to 3 and back.
    np.testing.assert_array_equal(path[:, 0, 0], [1, 3, 3, 1, 1])
    np.testing.assert_array_equal(path[:, 0, 1], [0, 1, 2, 3, 2])


def test_a_shape_is_pasted_at_its_corner():
    shape = np.array([[1, 0], [1, 1]], np.uint8)
    masks = motion.pasted(shape, np.array([[0, 0], [1, 2]]), (2, 3, 4))
    np.testing.assert_array_equal(masks[1], [[0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 1]])
    assert masks[0].sum() == 3
