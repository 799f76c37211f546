"""Rolling forward, back and to the end is the same step again and again."""

import numpy as np
import pytest
import tensorflow as tf

from tests import check_model
from tfvideogan.core import clip, seeds
from tfvideogan.models.foregan import background, foreground, roller

SPEC = clip.ClipSpec(4, 8, 8, has_masks=True, has_flow=True)
SATURATION = tf.constant(3.0)


@pytest.fixture(scope="module")
def rolling() -> roller.Roller:
    options = {"blocks": 1, "is_recurrent": True}
    return roller.Roller(
        foreground.ForegroundGenerator(2, **options),
        background.BackgroundGenerator(2, **options),
        foreground.MaskHead(2, blocks=1),
    )


def _batch(frames: int = 4) -> dict[str, tf.Tensor]:
    return check_model.Case(None, SPEC.with_frames(frames)).batch(1)


def test_an_untrained_roller_carries_a_still_mask(rolling):
    batch = _batch()
    batch["backward_flow"] *= 0.0
    batch["forward_flow"] *= 0.0
    found = rolling.complete(batch, saturation=tf.constant(20.0))
    np.testing.assert_allclose(
        found["masks"], np.repeat(batch["foreground_masks"][:, :1], 4, 1), atol=1e-6
    )


def test_training_returns_what_each_frame_has(rolling):
    rolled, masks = rolling.train(
        _batch(), seeds.from_int(1), saturation=SATURATION, bptt_steps=2
    )
    assert rolled["masks"].shape == (1, 3, 8, 8, 1)
    assert rolled["composites"].shape == (1, 3, 8, 8, 3)
    assert len(masks) == 4
    np.testing.assert_array_equal(masks[0], _batch()["foreground_masks"][:, 0])
    np.testing.assert_array_equal(masks[2], rolled["masks"][:, 1])


def test_rolling_back_is_rolling_a_reversed_clip(rolling):
    batch = _batch(3)
    mask = batch["foreground_masks"][:, 2]
    back = rolling.back(batch, mask, 2, saturation=SATURATION)
    turned = {
        "frames": batch["frames"][:, ::-1],
        "foreground_masks": batch["foreground_masks"][:, ::-1],
        "forward_flow": batch["backward_flow"][:, ::-1],
        "backward_flow": batch["forward_flow"][:, ::-1],
    }
    forward = rolling.complete(turned, saturation=SATURATION)
    np.testing.assert_allclose(back["masks"], forward["masks"][:, -1], atol=1e-5)
    np.testing.assert_allclose(
        back["foregrounds"], forward["foregrounds"][:, -1], atol=1e-5
    )


def test_a_rollout_goes_on_from_its_state(rolling):
    batch = _batch(4)
    whole = rolling.complete(batch, saturation=SATURATION)
    part = {key: value[:, :2] for key, value in batch.items()}
    part |= {key: batch[key][:, :1] for key in ("forward_flow", "backward_flow")}
    state, _ = rolling.begin(part, saturation=SATURATION)
    _, rest = rolling.follow(
        state,
        batch["frames"][:, 2:],
        batch["backward_flow"][:, 1:],
        batch["forward_flow"][:, 1:],
        saturation=SATURATION,
    )
    np.testing.assert_allclose(rest["masks"], whole["masks"][:, 2:], atol=1e-5)
