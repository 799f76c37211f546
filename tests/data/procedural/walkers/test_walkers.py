import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests import check_source
from tfvideogan.core import errors
from tfvideogan.data import action_captions, pipeline, transforms
from tfvideogan.data.procedural.walkers import body, walkers

SMALL = {
    "frames": 4,
    "height": 16,
    "width": 16,
    "clip_frames": 8,
    "num_train_clips": 12,
}
WALKING_LEFT, WALKING_RIGHT = 5, 11


@pytest.mark.parametrize("has_masks", [False, True])
def test_walkers_keep_the_promises_of_a_source(has_masks):
    check_source.check_source(walkers.Walkers(has_masks=has_masks, **SMALL))


def test_walkers_come_in_rgb_too():
    source = walkers.Walkers(channels=3, **SMALL)
    frames = source.render("train", 0)["frames"]
    assert frames.shape[-1] == 3 and (np.ptp(frames, axis=-1) == 0).all()


def test_actions_and_directions_are_balanced_over_consecutive_clips():
    source = walkers.Walkers(**SMALL)
    drawn = [source.walker("train", index) for index in range(7, 7 + 12)]
    for action in action_captions.ACTIONS:
        directions = [one.direction for one in drawn if one.action == action]
        possible = action_captions.directions(action)
        assert sorted(directions) == (list(possible) if len(possible) == 2 else [0, 0])


def test_walking_alone_goes_left_and_right_by_turns():
    source = walkers.Walkers(actions=("walking",), **SMALL)
    for split in source.splits:
        said = [
            source.vocabulary.decode(source.render(split, index)["caption_tokens"])
            for index in range(4)
        ]
        assert (
            said
            == [
                "a person is walking to the left",
                "a person is walking to the right",
            ]
            * 2
        )
    # The label is that of the six actions, whichever are wanted.
    assert source.render("test", 0)["labels"] == 5 and source.spec.num_classes == 6


@pytest.mark.parametrize("actions", [(), ("flying",), "walking"])
def test_other_actions_are_refused(actions):
    with pytest.raises(
        errors.UserError, match="`actions` .* a tuple of some of boxing"
    ):
        walkers.Walkers(actions=actions, **SMALL)


def test_labels_and_captions_say_what_was_drawn():
    source = walkers.Walkers(**SMALL)
    for index in range(12):
        clip, walker = source.render("test", index), source.walker("test", index)
        said = source.vocabulary.decode(clip["caption_tokens"])
        assert action_captions.parsed(said) == (walker.action, walker.direction)
        assert action_captions.ACTIONS[clip["labels"]] == walker.action
        assert clip["caption_lengths"] == len(said.split())


def test_splits_share_no_person():
    persons = list(walkers.PERSONS.values())
    assert sorted(sum(persons, ())) == list(range(1, 26))
    source = walkers.Walkers(**SMALL)
    for split, numbers in walkers.PERSONS.items():
        seen = {source.walker(split, index).person.number for index in range(24)}
        assert seen <= set(numbers)


def test_a_person_is_the_same_whatever_the_seed():
    drawn = [
        walkers.Walkers(seed=seed, **SMALL).walker("validation", index).person
        for seed in (0, 1)
        for index in range(6)
    ]
    by_number = {}
    for person in drawn:
        assert by_number.setdefault(person.number, person) == person
    assert len(by_number) == 2


@pytest.mark.parametrize("index", [3, 4, WALKING_LEFT, 9, 10, WALKING_RIGHT])
def test_who_goes_advances_at_the_speed_of_his_gait(index):
    source = walkers.Walkers(clip_frames=6, frames=4)
    walker = source.walker("train", index)
    steps = np.diff(walker.places.real)
    steps = steps[np.abs(steps) < 20]  # but where he enters anew
    gait = {"walking": 0.85, "jogging": 1.6, "running": 2.6}[walker.action]
    # Up to 10 % for frequency and stride of a person each, 5 % for the clip.
    low, high = gait * 0.9**2 * 0.95 / 25, gait * 1.1**2 * 1.05 / 25
    stature = walker.person.stature * 64
    assert np.all(steps * walker.direction >= low * stature - 1e-9)
    assert np.all(steps * walker.direction <= high * stature + 1e-9)


@pytest.mark.parametrize("index", [3, 4, WALKING_LEFT, 9, 10, WALKING_RIGHT])
def test_the_screen_is_not_empty_for_long(index):
    source = walkers.Walkers()
    walker = source.walker("train", index)
    is_seen = source.silhouettes(walker, np.arange(50)).any((1, 2, 3))
    gaps = "".join("01"[int(seen)] for seen in is_seen).split("1")
    assert max(len(gap) for gap in gaps) <= 5


def test_joints_lie_on_the_silhouette():
    source = walkers.Walkers(clip_frames=6, frames=4)
    walker = source.walker("train", 0)
    covered = source.silhouettes(walker, np.arange(6))[..., 0]
    joints = np.rint(source.joints("train", 0)).astype(int)
    assert joints.shape == (6, 17, 2)
    for moment in range(6):
        x, y = joints[moment].T
        assert covered[moment, y, x].all()


def test_a_mirrored_walker_is_a_walker_to_the_other_side():
    source = walkers.Walkers(**SMALL)
    left = source.walker("train", WALKING_LEFT)
    assert left.caption == "a person is walking to the left"
    right = dataclasses.replace(
        left, direction=1, places=15 - left.places.conj(), phases=left.phases
    )
    times = np.arange(8)
    pairs = zip(left.points(times).values(), right.points(times).values(), strict=True)
    for one, other in pairs:
        np.testing.assert_allclose(15 - one.conj(), other, atol=1e-9)


@pytest.mark.parametrize(
    ("index", "said"),
    [
        (WALKING_LEFT, "a person is walking to the right"),
        (WALKING_RIGHT, "a person is walking to the left"),
        (1, "a person is clapping hands"),
    ],
)
def test_a_flip_turns_the_picture_and_its_caption(index, said):
    source = walkers.Walkers(**SMALL)
    clip = source.render("train", index)
    flip = transforms.HorizontalFlip(probability=1.0)
    turned = flip({key: tf.constant(clip[key]) for key in clip}, tf.constant([1, 2]))
    assert source.vocabulary.decode(turned["caption_tokens"].numpy()) == said
    np.testing.assert_array_equal(turned["frames"], clip["frames"][:, :, ::-1])
    assert turned["labels"] == clip["labels"]


def test_batches_that_are_all_flipped_say_the_other_direction():
    source = walkers.Walkers(**SMALL)
    flips = ((), (transforms.HorizontalFlip(probability=1.0),))
    plain, turned = (
        next(
            iter(pipeline.make_dataset(source, "train", batch_size=12, seed=0, **more))
        )
        for more in ({"transforms": one} for one in flips)
    )
    np.testing.assert_array_equal(turned["frames"], plain["frames"][..., ::-1, :])
    for before, after in zip(
        plain["caption_tokens"].numpy(), turned["caption_tokens"].numpy(), strict=True
    ):
        action, direction = action_captions.parsed(source.vocabulary.decode(before))
        expected = (action, -direction)
        assert action_captions.parsed(source.vocabulary.decode(after)) == expected


def test_the_window_does_not_change_what_is_drawn():
    source = walkers.Walkers(clip_frames=30)
    whole = source.render("train", 4)["frames"]
    window = source.render("train", 4, start=11, frames=5)["frames"]
    np.testing.assert_array_equal(window, whole[11:16])


def test_clips_stay_the_same_as_long_as_the_generator_version_does():
    # Recorded once, on purpose: a change here is a change of the version. Pixels are
    # left out: their last bit may differ between machines.
    assert walkers.Walkers.version == 1
    walker = walkers.Walkers().walker("train", 7)
    assert (walker.action, walker.person.number) == ("handclapping", 1)
    head = body.JOINTS.index("head")
    joint = walkers.Walkers().joints("train", 7)[0, head]
    np.testing.assert_allclose(joint, [33.3086, 31.9200], atol=1e-3)
