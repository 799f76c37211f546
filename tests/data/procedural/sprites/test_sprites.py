import numpy as np
import pytest
import tensorflow as tf

from tests import check_source
from tfvideogan.core import errors
from tfvideogan.data import check
from tfvideogan.data.procedural.sprites import sprites

SMALL = {"frames": 3, "height": 24, "width": 32, "clip_frames": 6, "num_train_clips": 5}


@pytest.mark.parametrize("flow", sprites.FLOWS)
def test_sprites_keep_the_promises_of_a_source(flow):
    check_source.check_source(sprites.Sprites(flow=flow, **SMALL))


def test_a_window_does_not_depend_on_what_is_drawn_around_it():
    source = sprites.Sprites(**SMALL)
    whole = source.render("train", 1)
    window = source.render("train", 1, start=2, frames=3)
    for key, part in window.items():
        np.testing.assert_array_equal(part, whole[key][2 : 2 + len(part)])


def test_another_seed_split_or_index_is_another_clip():
    frames = sprites.Sprites(**SMALL).render("train", 0)["frames"]
    others = [
        sprites.Sprites(**SMALL).render("train", 1)["frames"],
        sprites.Sprites(**SMALL).render("validation", 0)["frames"],
        sprites.Sprites(seed=1, **SMALL).render("train", 0)["frames"],
    ]
    assert all(not np.array_equal(frames, other) for other in others)


def test_more_sprites_cover_more_and_the_mask_is_their_union():
    one = sprites.Sprites(num_sprites=1, **SMALL)
    three = sprites.Sprites(num_sprites=3, **SMALL)
    shares = [
        np.mean(
            [source.render("train", i)["foreground_masks"].mean() for i in range(5)]
        )
        for source in (one, three)
    ]
    assert shares[1] > 1.5 * shares[0]


def test_frames_equal_backgrounds_outside_of_the_sprite():
    clip = sprites.Sprites(**SMALL).render("train", 0)
    frames, masks = clip["frames"], clip["foreground_masks"]
    backgrounds = clip["backgrounds"]
    near = tf.nn.max_pool2d(masks.astype(np.float32), 3, 1, "SAME").numpy() > 0
    is_equal = (frames == backgrounds).all(-1, keepdims=True)
    assert is_equal[~near].all()
    assert not is_equal[masks > 0].all()


def test_a_still_world_does_not_move_but_for_the_wobble():
    source = sprites.Sprites(object_speed=0.0, camera_speed=0.0, flow="exact", **SMALL)
    clip = source.render("train", 0)
    masks, backgrounds = clip["foreground_masks"], clip["backgrounds"]
    np.testing.assert_array_equal(backgrounds[0], backgrounds[-1])
    outside = masks[:-1, ..., 0] == 0
    np.testing.assert_allclose(clip["forward_flow"][outside], 0.0, atol=1e-4)


def test_a_copied_first_mask_is_clearly_wrong_after_seven_frames():
    source = sprites.Sprites()
    scores = [
        check.copied_mask_j(source.scene("test", i).render(np.arange(8)).masks)
        for i in range(24)
    ]
    assert 0.45 < np.mean(scores) < 0.65


def test_the_sprite_stays_in_the_frame_for_a_whole_clip():
    source = sprites.Sprites()
    for i in range(8):
        masks = source.scene("test", i).render(np.arange(32)).masks
        assert masks.mean((1, 2, 3)).min() > 0.02


def test_clips_stay_the_same_as_long_as_the_generator_version_does():
    # Recorded once, on purpose: a change here is a change of the version.
    pose = sprites.Sprites().scene("train", 7).sprites[0].pose
    assert sprites.Sprites.version == 1
    assert pose.start == pytest.approx(51.896 + 28.402j, abs=1e-3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"frames": 9, "clip_frames": 8}, ["`frames` (9)", "`clip_frames` (8)"]),
        ({"flow": "raft"}, ["`flow` ('raft')", "dis, exact"]),
        ({"num_sprites": 0}, ["`num_sprites` (0)", "at least 1"]),
        ({"seed": -1}, ["`seed` (-1)", "negative"]),
    ],
)
def test_bad_arguments_are_named(arguments, words):
    with pytest.raises(errors.UserError) as raised:
        sprites.Sprites(**arguments)
    assert all(word in str(raised.value) for word in words)


def test_a_window_longer_than_a_clip_is_refused():
    source = sprites.Sprites(**SMALL)
    with pytest.raises(errors.UserError, match=r"`frames` \(7\) .* between 1 and 6"):
        source.read("train", tf.constant(0, tf.int64), frames=7)
