import numpy as np
import pytest

from tfvideogan.core import errors
from tfvideogan.data.procedural import bouncing

STAGE = bouncing.Stage((64, 48), np.array([[28, 28], [10, 20]]))
T = 60


def draw(manner, seed=0, **options):
    generator = np.random.default_rng([seed])
    return manner(STAGE, generator, num_frames=T, **options)


def corners(paths, sizes):
    """[T, n, 4, 2]: corners of the elements, turned about their centres."""
    half = sizes[:, None] / 2 * [[-1, -1], [1, -1], [-1, 1], [1, 1]]  # [n, 4, 2]
    cos, sin = np.cos(paths.rotations), np.sin(paths.rotations)
    turns = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)
    turned = np.einsum("tnij,nkj->tnki", turns, half)
    return (paths.positions + sizes / 2)[:, :, None] + turned


def six(motions, seed=0, **options):
    return draw(bouncing.periodic, seed, motions=motions, **options)


ALL = [
    (bouncing.bounce, {}),
    (bouncing.stochastic, {}),
    (bouncing.axis, {"motions": [0, 1]}),
    *[(bouncing.periodic, {"motions": [m, 5 - m]}) for m in range(6)],
]


@pytest.mark.parametrize("manner, options", ALL)
def test_no_element_leaves_the_canvas(manner, options):
    for seed in range(20):
        positions = draw(manner, seed, **options).positions
        assert positions.shape == (T, 2, 2)
        assert (positions >= 0).all()
        assert (positions <= [[36, 20], [54, 28]]).all()


@pytest.mark.parametrize("motion", range(6))
def test_no_corner_ever_leaves_the_canvas_whatever_the_period(motion):
    # 28 x 28 fits on 64 x 48 in every direction: its diagonal is 39.6.
    for period in range(2, 31):
        paths = bouncing.periodic(
            STAGE,
            np.random.default_rng(period),
            num_frames=201,
            motions=[motion, motion],
            periods=(period,),
        )
        found = corners(paths, STAGE.sizes)
        assert found.min() > -1e-9
        assert (found < np.array(STAGE.canvas) + 1e-9).all()


@pytest.mark.parametrize("motion", range(6))
def test_an_element_too_large_to_turn_stays_in_the_middle_or_within_the_walls(motion):
    stage = bouncing.Stage((30, 30), np.array([[28, 28]]))
    paths = bouncing.periodic(
        stage, np.random.default_rng(0), num_frames=201, motions=[motion]
    )
    assert (paths.positions >= 0).all() and (paths.positions <= 2).all()
    if motion in bouncing.SPINS:
        assert (paths.positions == 1).all()


@pytest.mark.parametrize("manner", [bouncing.axis, bouncing.periodic])
def test_headings_say_which_way_an_element_goes_next(manner):
    for seed in range(10):
        paths = manner(STAGE, np.random.default_rng(seed), num_frames=T, motions=[0, 1])
        for element in range(2):
            steps = np.diff(paths.positions[:, element, element])
            room = STAGE.room[element, element]
            whole = 2 * room / paths.periods[element]
            # Where no wall was met the step is whole; elsewhere it was folded.
            is_free = np.isclose(np.abs(steps), whole)
            headings = paths.headings[:-1, element]
            assert (np.sign(steps) == headings)[is_free].all() and is_free.sum() > 30
            before = paths.positions[:-1, element, element]
            far = np.where(headings == 1, room - before, before)
            assert (far[~is_free] < whole).all()  # it went to the wall, and back


def test_only_motions_to_and_fro_have_a_heading():
    headings = six([1, 2]).headings
    assert (np.abs(headings[:, 0]) == 1).all() and not headings[:, 1].any()
    assert not six([4, 5]).headings.any()


def test_periods_are_those_of_the_paths():
    paths = six([4, 5], periods=(7, 9, 15))
    first = np.abs(paths.rotations[1])
    np.testing.assert_allclose(2 * np.pi / first, paths.periods)
    assert set(paths.periods) <= {7, 9, 15}
    # A tenth of the free way per frame: there and back in 20 frames.
    assert draw(bouncing.axis, motions=[0, 1]).periods.tolist() == [20, 20]


@pytest.mark.parametrize("manner, options", ALL)
def test_the_same_generator_draws_the_same_paths(manner, options):
    first, again, other = (draw(manner, s, **options) for s in (3, 3, 4))
    np.testing.assert_array_equal(first.positions, again.positions)
    np.testing.assert_array_equal(first.rotations, again.rotations)
    assert not np.array_equal(first.positions, other.positions)


def test_a_longer_path_begins_like_a_shorter_one():
    for manner, options in ALL:
        short = manner(STAGE, np.random.default_rng(1), num_frames=7, **options)
        long = manner(STAGE, np.random.default_rng(1), num_frames=20, **options)
        np.testing.assert_array_equal(short.positions, long.positions[:7])


def test_a_bounce_is_a_mirror():
    # From 0.9 of the way, 0.3 per frame: 0.9, 1.2 -> 0.8, 1.5 -> 0.5, 0.2, -0.1 -> 0.1.
    ways = bouncing._mirrored(0.9 + 0.3 * np.arange(5))
    np.testing.assert_allclose(ways, [0.9, 0.8, 0.5, 0.2, 0.1])


def test_bouncing_speed_is_a_tenth_of_the_free_way():
    stage = bouncing.Stage((64, 64), np.array([[28, 28]]))
    paths = bouncing.bounce(stage, np.random.default_rng(0), num_frames=50)
    steps = np.linalg.norm(np.diff(paths.positions[:, 0], axis=0), axis=-1)
    assert steps.max() == pytest.approx(3.6)
    assert np.median(steps) == pytest.approx(3.6)  # only a reflection is shorter


def test_stochastic_steps_are_whole_and_at_most_four_pixels():
    steps = np.diff(draw(bouncing.stochastic).positions, axis=0)
    assert (steps == np.round(steps)).all()
    assert np.abs(steps).max() <= 4


def test_stochastic_velocity_changes_at_walls_and_only_there():
    changes, walls = 0, 0
    for seed in range(20):
        positions = draw(bouncing.stochastic, seed).positions[:, 0]
        steps = np.diff(positions, axis=0)
        is_at_wall = ((positions == 0) | (positions == [35, 19])).any(-1)
        # A step that ended on a wall may have been cut short; the next one is new.
        is_free = ~is_at_wall[1:-1] & ~is_at_wall[2:]
        same = (steps[1:] == steps[:-1]).all(-1)
        assert same[is_free].all()
        walls += is_at_wall.sum()
        changes += (~same).sum()
    assert changes > 20 and walls > 20


def test_axis_motions_keep_to_their_axis():
    positions = draw(bouncing.axis, motions=[0, 1]).positions
    assert np.ptp(positions[:, 0, 1]) == 0 and np.ptp(positions[:, 0, 0]) > 30
    assert np.ptp(positions[:, 1, 0]) == 0 and np.ptp(positions[:, 1, 1]) > 25


@pytest.mark.parametrize("motion", range(6))
def test_a_periodic_motion_comes_back_after_its_period(motion):
    paths = six([motion, motion], periods=(8, 8))
    np.testing.assert_allclose(paths.positions[8:], paths.positions[:-8], atol=1e-9)
    turns = np.exp(1j * paths.rotations)
    np.testing.assert_allclose(turns[8:], turns[:-8], atol=1e-9)
    is_still = np.ptp(paths.positions, axis=0).max() + np.ptp(paths.rotations) == 0
    assert not is_still


@pytest.mark.parametrize("motion, along", [(0, 0), (1, 1)])
def test_to_and_fro_reaches_both_walls_of_one_axis(motion, along):
    positions = six([motion, motion]).positions[:, 0]
    step = 2 * STAGE.room[0, along] / 8  # the longest step, of the shortest period
    assert positions[:, along].min() < step
    assert positions[:, along].max() > STAGE.room[0, along] - step
    assert np.ptp(positions[:, 1 - along]) == 0


def test_to_and_fro_begins_in_either_direction():
    first = [np.diff(six([0, 0], s).positions[:2, 0, 0])[0] for s in range(20)]
    assert min(first) < 0 < max(first)


@pytest.mark.parametrize("motion, sign", [(2, 1), (3, -1)])
def test_an_orbit_turns_as_its_caption_says(motion, sign):
    # With y downwards the angle from the x axis grows clockwise.
    for seed in range(10):
        paths = six([motion, motion], seed)
        x, y = (paths.positions[:, 0] - [18, 10]).T / [[18], [10]]
        steps = np.diff(np.unwrap(np.arctan2(y, x)))
        assert (sign * steps > 0).all()
        np.testing.assert_allclose(np.hypot(x, y), np.hypot(x, y)[0])
        assert 0.15 <= np.hypot(x, y)[0] <= 1.0
        assert not paths.rotations.any()


@pytest.mark.parametrize("motion, sign", [(4, 1), (5, -1)])
def test_a_turn_in_place_keeps_the_centre_and_its_corners_on_the_canvas(motion, sign):
    for seed in range(10):
        paths = six([motion, motion], seed)
        assert np.ptp(paths.positions, axis=0).max() == 0
        assert (sign * np.diff(paths.rotations, axis=0) > 0).all()
        # Half the diagonal of 28 x 28 is 19.8, of 10 x 20 it is 11.2.
        centres = paths.positions[0] + STAGE.sizes / 2
        radii = np.array([[19.8], [11.18]])
        assert (centres >= radii - 0.01).all()
        assert (centres <= np.array([64, 48]) - radii + 0.01).all()


def test_periods_are_drawn_from_8_to_12_frames():
    periods = set()
    for seed in range(60):
        rotations = six([4, 4], seed).rotations
        periods.add(round(float(2 * np.pi / rotations[1, 0])))
    assert periods == {8, 9, 10, 11, 12}


def test_elements_start_apart_where_there_is_room():
    near = 0
    for seed in range(50):
        starts = six([4, 0], seed).positions[0]
        near += np.linalg.norm(starts[0] - starts[1]) < 4
    assert near <= 2


def test_an_element_as_large_as_the_canvas_stands_still():
    stage = bouncing.Stage((8, 8), np.array([[8, 8]]))
    generator = np.random.default_rng(0)
    for manner in (bouncing.bounce, bouncing.stochastic):
        assert not manner(stage, generator, num_frames=5).positions.any()
    for motion in range(6):
        paths = bouncing.periodic(stage, generator, num_frames=5, motions=[motion])
        assert not paths.positions.any()


def test_paths_at_some_frames_are_those_frames():
    positions = np.arange(12.0).reshape(3, 2, 2)
    paths = bouncing.Paths(positions, np.arange(6.0).reshape(3, 2)).at(np.array([2, 0]))
    assert paths.positions[:, 0, 0].tolist() == [8.0, 0.0]
    assert paths.rotations.tolist() == [[4.0, 5.0], [0.0, 1.0]]


@pytest.mark.parametrize("periods", [(1, 4), (5, 4)])
def test_periods_that_are_too_short_or_reversed_are_refused(periods):
    bouncing.check_periods((2, 2))
    with pytest.raises(errors.UserError, match="`periods` .* smaller one first"):
        bouncing.check_periods(periods)
