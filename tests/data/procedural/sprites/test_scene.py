import dataclasses

import cv2
import numpy as np
import pytest

from tfvideogan.data.procedural.sprites import casting, scene, textures
from tfvideogan.media import flow as optical_flow


def cast(seed: int, size: int = 64, num_sprites: int = 1, **changes) -> scene.Scene:
    manner = casting.Manner(size, size, num_sprites, 0.03, 0.01)
    manner = dataclasses.replace(manner, **changes)
    generator = np.random.Generator(np.random.Philox(seed))
    return casting.cast_scene(generator, textures.bank("test"), manner)


@pytest.mark.parametrize("num_sprites", [1, 2])
def test_exact_flow_predicts_all_that_is_visible(num_sprites):
    # Mean squared error in units of the whole range; edges of a body mix two layers.
    errors, still = [], []
    for seed in range(4):
        world = cast(seed, num_sprites=num_sprites)
        frames = world.render(np.arange(4)).frames.astype(np.float32) / 255
        now, before = np.arange(1, 4), np.arange(3)
        backward = world.flow(now, before)
        hidden = world.occlusion(now, before)[..., 0]
        for step in range(3):
            warped = optical_flow.sampled(frames[step], backward[step])
            squares = ((warped - frames[step + 1]) ** 2).mean(-1)
            judged = (near(hidden[step]) == 0) & ~edges(world, step + 1)
            errors.append(squares[judged].mean())
            still.append(((frames[step] - frames[step + 1]) ** 2).mean())
            assert judged.mean() > 0.5
    assert np.mean(errors) < 2e-5
    assert np.mean(still) > 1e-3


def near(mask: np.ndarray) -> np.ndarray:
    return cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8))


def edges(world: scene.Scene, time: int) -> np.ndarray:
    owners = world.owners(np.asarray([time]))[0].astype(np.float32)
    square = np.ones((3, 3), np.uint8)
    return cv2.dilate(owners, square) != cv2.erode(owners, square)


def test_forward_and_backward_flow_cancel_where_nothing_is_hidden():
    world = cast(1)
    forward = world.flow(np.arange(1), np.arange(1, 2))[0]
    backward = world.flow(np.arange(1, 2), np.arange(1))[0]
    hidden = world.occlusion(np.arange(1), np.arange(1, 2))[0, ..., 0]
    round_trip = forward + optical_flow.sampled(backward, forward)
    inner = (hidden == 0)[2:-2, 2:-2]
    lengths = np.linalg.norm(round_trip, axis=-1)[2:-2, 2:-2]
    assert np.quantile(lengths[inner], 0.95) < 0.05


def test_a_body_hides_what_it_moves_over():
    # Pixels of the plane that the body covers next are the occluded ones.
    world = cast(2, camera_speed=0.0)
    hidden = world.occlusion(np.arange(1), np.arange(1, 2))[0, ..., 0] > 0
    before, after = world.owners(np.arange(2))
    covered = (before < 0) & (after >= 0)
    np.testing.assert_array_equal(hidden & (before < 0), covered)
    assert covered.sum() > 5


def test_masks_are_the_union_of_the_owners():
    world = cast(3, num_sprites=3)
    times = np.arange(3)
    masks = world.render(times).masks[..., 0]
    np.testing.assert_array_equal(masks, world.owners(times) >= 0)


def test_the_later_sprite_is_in_front():
    world = cast(4, num_sprites=2)
    front = dataclasses.replace(world.sprites[1], pose=world.sprites[0].pose)
    world = dataclasses.replace(world, sprites=(world.sprites[0], front))
    owners = world.owners(np.arange(1))
    alone = dataclasses.replace(world, sprites=(front,)).owners(np.arange(1))
    np.testing.assert_array_equal(owners == 1, alone == 0)


def test_a_larger_screen_shows_the_same_film():
    small = cast(5, size=32).render(np.arange(2)).masks
    large = cast(5, size=64).render(np.arange(2)).masks
    pooled = large.reshape(2, 32, 2, 32, 2).mean((2, 4)) > 0.5
    intersection = (pooled & (small[..., 0] > 0)).sum()
    assert intersection / (pooled | (small[..., 0] > 0)).sum() > 0.85


def test_frames_come_singly_as_they_come_together():
    world = cast(6)
    together = world.render(np.arange(3)).frames
    single = world.render(np.asarray([2])).frames
    np.testing.assert_array_equal(single[0], together[2])


def test_many_rows_are_sampled_in_parts(monkeypatch):
    world = cast(7, size=32)
    whole = world.render(np.arange(4)).frames
    monkeypatch.setattr(scene, "MAX_ROWS", 50)
    np.testing.assert_array_equal(world.render(np.arange(4)).frames, whole)


def test_pictures_and_flow_at_once_are_those_of_their_own_calls():
    world, times = cast(5, num_sprites=2), np.arange(4)
    layers, forward, backward = world.render_with_flow(times)
    alone = world.render(times)
    for name in ("frames", "masks", "backgrounds"):
        np.testing.assert_array_equal(getattr(layers, name), getattr(alone, name))
    np.testing.assert_array_equal(forward, world.flow(times[:-1], times[1:]))
    np.testing.assert_array_equal(backward, world.flow(times[1:], times[:-1]))
