"""J and F by hand and against OpenCV and scikit-image; tracking against baselines."""

import cv2
import numpy as np
import pytest
import skimage.morphology

from tests import check_metric
from tfvideogan.core import errors
from tfvideogan.metrics import masks


def as_mask(rows):
    """[H, W] boolean from rows of digits."""
    return np.array([[digit == "1" for digit in row] for row in rows])


def square(size, top, left, side):
    """[size, size] boolean with one square."""
    picture = np.zeros((size, size), bool)
    picture[top : top + side, left : left + side] = True
    return picture


EMPTY = np.zeros((8, 8), bool)


def test_jaccard_is_intersection_over_union():
    value = masks.jaccard(as_mask(["1100", "1100"]), as_mask(["0110", "0110"]))
    np.testing.assert_allclose(value, 2 / 6)


@pytest.mark.parametrize("measure", [masks.jaccard, masks.boundary_f])
def test_identical_masks_score_one_and_disjoint_ones_zero(measure):
    here, there = square(24, 2, 2, 6), square(24, 14, 14, 6)
    assert measure(here, here) == 1
    assert measure(here, there) == 0


@pytest.mark.parametrize("measure", [masks.jaccard, masks.boundary_f])
def test_empty_masks_match_each_other_and_nothing_else(measure):
    assert measure(EMPTY, EMPTY) == 1
    assert measure(EMPTY, square(8, 2, 2, 3)) == 0
    assert measure(square(8, 2, 2, 3), EMPTY) == 0


def test_shift_of_one_pixel_costs_region_but_not_outline():
    here, there = square(16, 4, 4, 4), square(16, 4, 5, 4)
    np.testing.assert_allclose(masks.jaccard(here, there), 12 / 20)
    assert masks.boundary_f(here, there) == 1  # within the tolerance of one pixel


def test_outline_without_a_tolerance_equals_the_hand_number():
    one, two = (
        as_mask(["0000", "0100", "0000", "0000"]),
        as_mask(["0000", "0110", "0000", "0000"]),
    )
    # Outline of the pixel: itself and its three neighbours up and left, a square of
    # four. Of the pair: a rectangle of 2 x 3 that holds it.
    expected = 2 * 1 * (4 / 6) / (1 + 4 / 6)
    np.testing.assert_allclose(masks.boundary_f(one, two, tolerance=0), expected)


@pytest.mark.parametrize("measure", [masks.jaccard, masks.boundary_f])
def test_void_pixels_are_not_judged(measure):
    truth = square(16, 4, 4, 6)
    void = square(16, 0, 0, 3)
    assert measure(truth | void, truth) < 1
    assert measure(truth | void, truth, void) == 1


def test_void_leaves_the_rest_to_count():
    mask, truth, void = (as_mask([row]) for row in ("11110000", "00111100", "00101011"))
    # Common pixels 2 and 3, of which 2 is void; union 0 to 5, of which 2 and 4 are.
    np.testing.assert_allclose(masks.jaccard(mask, truth, void), 1 / 4)
    # All of one of them is void: an empty mask against one that is not.
    assert masks.jaccard(mask, truth, as_mask(["11110000"])) == 0
    assert masks.jaccard(mask, truth, as_mask(["11111100"])) == 1


def test_outline_of_what_void_leaves_is_compared():
    # The mask is two pixels wide, the truth one; void hides what is too much.
    mask, truth, void = (
        as_mask(["000000", one, "000000"]) for one in ("011000", "010000", "001000")
    )
    assert masks.boundary_f(mask, truth, void, tolerance=0) == 1
    assert masks.boundary_f(mask, truth, tolerance=0) < 1


def test_boundary_looks_east_south_and_south_east():
    outline = masks.boundary(as_mask(["0000", "0010", "0000"]))
    np.testing.assert_array_equal(outline, as_mask(["0110", "0110", "0000"]))
    # The last row looks east only, the last column south only, the corner nowhere.
    corner = masks.boundary(as_mask(["000", "000", "001"]))
    np.testing.assert_array_equal(corner, as_mask(["000", "011", "010"]))


@pytest.mark.parametrize(("size", "radius"), [((7, 9), 1), ((9, 7), 3), ((5, 6), 8)])
def test_disk_dilation_equals_scikit_image(size, radius):
    draw = np.random.default_rng(radius)
    picture = draw.uniform(size=(2, *size)) > 0.9
    grown = masks.dilate_by_disk(picture, radius)
    disk = skimage.morphology.disk(radius).astype(np.uint8)
    for mine, original in zip(grown, picture, strict=True):
        expected = skimage.morphology.dilation(original, disk)
        np.testing.assert_array_equal(mine, expected)


def blob(seed, height=120, width=160):
    """A ragged random mask."""
    noise = np.random.default_rng(seed).standard_normal((height, width))
    return cv2.GaussianBlur(noise, (0, 0), 6) > 0.01


def reference_f(mask, target):
    """F from OpenCV's dilation and explicit neighbours, one image."""
    outlines = []
    for picture in (mask, target):
        grid = np.pad(picture, ((0, 1), (0, 1)), mode="edge")
        differs = grid[:-1, :-1] != grid[:-1, 1:]
        differs |= grid[:-1, :-1] != grid[1:, :-1]
        diagonal = grid[:-1, :-1] != grid[1:, 1:]
        diagonal[-1], diagonal[:, -1] = False, False
        outlines.append((differs | diagonal).astype(np.uint8))
    radius = int(np.ceil(0.008 * np.linalg.norm(mask.shape)))
    disk = skimage.morphology.disk(radius).astype(np.uint8)
    near = [cv2.dilate(outline, disk) for outline in outlines]
    precision = (outlines[0] * near[1]).sum() / outlines[0].sum()
    recall = (outlines[1] * near[0]).sum() / outlines[1].sum()
    return 2 * precision * recall / (precision + recall)


def test_boundary_f_equals_opencv():
    pairs = [(blob(0), blob(1)), (blob(2), np.roll(blob(2), 4, axis=1))]
    expected = [reference_f(*pair) for pair in pairs]
    assert 0.1 < min(expected) < max(expected) < 1
    values = masks.boundary_f(*(np.stack(side) for side in zip(*pairs, strict=True)))
    np.testing.assert_allclose(values, expected, rtol=1e-12)


def test_statistics_equal_hand_numbers():
    values = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2]
    found = masks.statistics(np.array(values))
    np.testing.assert_allclose(found["mean"], 0.6)
    np.testing.assert_allclose(found["recall"], 5 / 9)  # 0.5 itself is not above
    # Quarters end at frames 1, 3, 5, 7, 9: (1 + .9 + .8) / 3 - (.4 + .3 + .2) / 3.
    np.testing.assert_allclose(found["decay"], 0.6)


@pytest.mark.parametrize(
    ("values", "decay"),
    [
        # Quarters of 10 frames end at 1, 3.25, 5.5, 7.75 and 10, halves rounded up: 1,
        # 3, 6, 8, 10. Frames 1 to 3 are 1, 8 to 10 are 0, 0.3 and 0.6.
        ([1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0, 0.3, 0.6], 1 - 0.3),
        # Of 5 frames: 1 to 5. The first two minus the last two.
        ([1.0, 0.8, 0.5, 0.6, 0.2], 0.9 - 0.4),
        # Of 3: 1, 1.5, 2, 2.5, 3 become 1, 2, 2, 3, 3. The first two minus the third.
        ([0.9, 0.7, 0.2], 0.8 - 0.2),
        # Of 2: 1, 1.25, 1.5, 1.75, 2 become 1, 1, 2, 2, 2.
        ([0.9, 0.4], 0.5),
    ],
)
def test_quarters_of_any_length_share_a_frame(values, decay):
    np.testing.assert_allclose(masks.statistics(np.array(values))["decay"], decay)


def test_decay_of_a_long_sequence_does_not_wrap():
    values = np.concatenate([np.ones(300), np.zeros(300)])
    np.testing.assert_allclose(masks.statistics(values)["decay"], 1)


def test_decay_of_one_frame_is_zero():
    assert masks.statistics(np.array([0.3]))["decay"] == 0


def moving_clip(num_frames=8, speed=1, size=16, flow=True):
    """A square that moves right, [1, T, H, W, 1], and its exact backward flow."""
    pictures = [square(size, 5, 2 + speed * t, 4) for t in range(num_frames)]
    truth = np.stack(pictures)[np.newaxis, ..., np.newaxis].astype(np.float32)
    batch = {"foreground_masks": truth}
    if flow:
        # The whole picture moves along: exact everywhere.
        backward_flow = np.zeros((1, num_frames - 1, size, size, 2), np.float32)
        backward_flow[..., 0] = -speed
        batch["backward_flow"] = backward_flow
    return batch


def test_perfect_model_and_exact_flow_score_one_and_the_copy_loses():
    batch = moving_clip()
    metric = masks.MaskTracking(horizon=4, multiples=2)
    metric.update(batch, {"foreground_masks": batch["foreground_masks"]})
    result = metric.result()
    for column in ("T", "2T"):
        for measure in ("J mean", "J recall", "F mean"):
            assert result[f"{measure}/model/{column}"] == 1
            assert result[f"{measure}/flow-warped mask/{column}"] == 1
    # The copy overlaps 3, 2, 1 of 4 columns at frames 1, 2, 3: J 3/5, 2/6, 1/7.
    np.testing.assert_allclose(
        result["J mean/copied mask/T"], (3 / 5 + 2 / 6 + 1 / 7) / 3
    )
    np.testing.assert_allclose(
        result["J mean/copied mask/2T"], (3 / 5 + 2 / 6 + 1 / 7) / 7
    )
    np.testing.assert_allclose(result["J recall/copied mask/T"], 1 / 3)
    assert "J mean/model/3T" not in result
    assert "J decay/model - copied mask/T" not in result


def test_given_frame_is_not_scored():
    batch = moving_clip()
    predicted = batch["foreground_masks"].copy()
    predicted[:, 0] = 0
    metric = masks.MaskTracking(horizon=4)
    metric.update(batch, {"foreground_masks": predicted})
    assert metric.result()["J mean/model/T"] == 1


def test_threshold_is_the_models_only():
    batch = moving_clip()
    soft = 0.4 * batch["foreground_masks"]
    for threshold, expected in ((0.3, 1.0), (0.5, 0.0)):
        metric = masks.MaskTracking(horizon=4, threshold=threshold)
        metric.update(batch, {"foreground_masks": soft})
        assert metric.result()["J mean/model/T"] == expected
        assert metric.result()["J mean/flow-warped mask/T"] == 1


def test_two_thresholds_stand_side_by_side_under_two_names():
    batch = moving_clip()
    soft = 0.7 * batch["foreground_masks"]
    found = {}
    for threshold, subject in ((0.5, "half"), (0.82, "high")):
        metric = masks.MaskTracking(horizon=4, threshold=threshold, subject=subject)
        metric.update(batch, {"foreground_masks": soft})
        found |= metric.result()
    assert (found["J mean/half/T"], found["J mean/high/T"]) == (1, 0)


def test_curves_have_the_soft_masks_of_the_first_column():
    batch = moving_clip()
    metric = masks.MaskTracking(horizon=4)
    metric.update(batch, {"foreground_masks": 0.4 * batch["foreground_masks"]})
    whole = masks.MaskTracking(horizon=4)
    whole.merge(metric)
    metric.reset()
    assert not metric.curves()
    found = whole.curves()
    # 4x4 of 16x16 pixels in frames 1 to 3; from 52/128 on the model has none of them.
    curve = found["masks by threshold/model/T"]
    np.testing.assert_array_equal(curve[:, 51], [48, 0, 720, 0, 1, 1])
    np.testing.assert_array_equal(curve[:, 52], [0, 0, 720, 48, 0, 0])
    flow = found["masks by threshold/flow-warped mask/T"]
    np.testing.assert_array_equal(flow[:, 52], [48, 0, 720, 0, 1, 1])


def test_carried_mask_stays_soft_between_steps():
    first = np.zeros((1, 1, 6, 1), np.float32)
    first[0, 0, 1:3] = 1
    flow = np.zeros((1, 2, 1, 6, 2), np.float32)
    flow[..., 0] = -0.5
    carried = masks.carry(first, flow)
    # Half a pixel twice is one pixel, spread over its neighbours.
    np.testing.assert_allclose(carried[0, 1, 0, :, 0], [0, 0.5, 1, 0.5, 0, 0])
    np.testing.assert_allclose(carried[0, 2, 0, :, 0], [0, 0.25, 0.75, 0.75, 0.25, 0])


def test_mask_tracking_keeps_the_promises_of_a_metric():
    clips = []
    for speed in (0, 1, 2):
        batch = moving_clip(num_frames=4, speed=speed)
        still = np.repeat(batch["foreground_masks"][:, :1], 4, axis=1)
        clips.append((batch, {"foreground_masks": still}))
    # Overlaps at frames 1, 2, 3: all; 3, 2, 1 of 4 columns; 2, 0 and 0.
    by_hand = [1, (3 / 5 + 2 / 6 + 1 / 7) / 3, (2 / 6) / 3]
    check_metric.check_metric(
        lambda: masks.MaskTracking(horizon=4),
        clips,
        expected={
            "J mean/model/T": sum(by_hand) / 3,
            "J mean/copied mask/T": sum(by_hand) / 3,
            "J recall/model/T": (1 + 1 / 3 + 0) / 3,
            "J mean/flow-warped mask/T": 1.0,
            "J mean/model - copied mask/T": 0.0,
            "J mean/model - flow-warped mask/T": sum(by_hand) / 3 - 1.0,
        },
    )


def test_missing_flow_is_an_error_unless_it_is_not_wanted():
    batch = moving_clip(flow=False)
    outputs = {"foreground_masks": batch["foreground_masks"]}
    with pytest.raises(errors.UserError, match="no `backward_flow`.*with_flow"):
        masks.MaskTracking(horizon=4).update(batch, outputs)
    metric = masks.MaskTracking(horizon=4, with_flow=False)
    metric.update(batch, outputs)
    assert not any("flow-warped" in name for name in metric.result())


def test_wrong_outputs_are_named():
    batch = moving_clip()
    metric = masks.MaskTracking(horizon=4)
    with pytest.raises(errors.UserError, match="outputs have no `foreground_masks`"):
        metric.update(batch, {"frames": np.zeros(1)})
    with pytest.raises(errors.UserError, match="must be equal"):
        metric.update(batch, {"foreground_masks": batch["foreground_masks"][:, 1:]})
    with pytest.raises(errors.UserError, match=r"`start` \(4\)"):
        masks.MaskTracking(horizon=4, start=4)
