import colorsys

import numpy as np

from tfvideogan.data.procedural.sprites import casting, textures

MANNER = casting.Manner(
    height=48, width=64, num_sprites=1, object_speed=0.05, camera_speed=0.01
)


def cast(seed: int, manner: casting.Manner = MANNER):
    generator = np.random.Generator(np.random.Philox(seed))
    return casting.cast_scene(generator, textures.bank("test"), manner)


def test_speeds_are_shares_of_the_shorter_side():
    # 0.05 x 48 = 2.4 pixels per frame, give or take 40 %.
    speeds = [abs(cast(seed).sprites[0].pose.velocity) for seed in range(40)]
    assert 2.4 * 0.6 <= min(speeds) and max(speeds) <= 2.4 * 1.4
    assert abs(np.mean(speeds) - 2.4) < 0.3


def test_a_camera_of_speed_zero_stands_still():
    manner = casting.Manner(48, 64, 1, 0.05, 0.0)
    camera = cast(0, manner).camera
    assert (camera.velocity, camera.spin, camera.zoom) == (0, 0, 0)


def test_the_number_of_sprites_is_kept():
    manner = casting.Manner(48, 64, 3, 0.05, 0.01)
    assert len(cast(0, manner).sprites) == 3


def test_a_body_and_its_plane_differ_in_hue():
    for seed in range(10):
        scene = cast(seed)
        skin = scene.sprites[0].skin
        body = skin[skin[..., 3] > 0][:, :3].mean(0) / 255
        plane = scene.render(np.arange(1)).backgrounds.mean((0, 1, 2)) / 255
        hues = [colorsys.rgb_to_hsv(*colour)[0] for colour in (body, plane)]
        apart = abs(hues[0] - hues[1])
        assert min(apart, 1 - apart) > 0.15


def test_the_same_seed_casts_the_same_scene():
    one, other = cast(3), cast(3)
    assert one.camera == other.camera
    assert one.sprites[0].pose == other.sprites[0].pose
    np.testing.assert_array_equal(one.sprites[0].skin, other.sprites[0].skin)
