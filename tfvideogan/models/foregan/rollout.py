"""The rollout of ForeGAN: from one mask to every mask, frame by frame.

One step, from frame s to frame t = s + 1 (or s - 1 when rolling back):

    1. The camera's motion is fitted to the flow outside the object; the background and
       its hole move with it.
    2. The foreground generator sees the object moved by the flow, and answers with a
       residual flow, a blend and a new colour; the background generator fills the hole.
       Neither has seen frame t.
    3. The mask head compares both candidates with frame t and corrects the moved mask:
       mask = sigmoid(saturation · (2 (2 · moved mask - 1) + correction)).
    4. composite = mask · foreground + (1 - mask) · background.
    5. The memories are re-anchored to frame t: foreground where the mask says so,
       background elsewhere, and the hole shrinks to what has never been seen.

Flow is sampled backwards: `flow_t_to_s` lives on the grid of the frame that is made, so
that every pixel receives exactly one value (the original sampled with the forward flow,
which leaves ghosts at motion boundaries).

The factor 2 in step 3 makes masks stable under repetition: with saturation a, the map
p -> sigmoid(2a (2p - 1)) keeps clear values clear for every a > 1/2.
"""

from typing import NamedTuple

import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.ops import affine, fill, masks, warp

BLACK = -1.0
# Flow enters networks as tanh(pixels / FLOW_SCALE), so that fast motion saturates
# smoothly; 20 pixels is the range of the original's flow files.
FLOW_SCALE = 20.0
CARRY_GAIN = 2.0
# The mask is widened by this many pixels before what lies outside counts as background.
GUARD_PIXELS = 2


class State(NamedTuple):
    """What a rollout knows after a frame.

    Attributes:
      mask: [N, H, W, 1] soft mask of the frame.
      foreground: [N, H, W, 3] the object's colours, meaningful inside the mask.
      background: [N, H, W, 3] the scene, filled where it was never seen.
      hole: [N, H, W, 1], 1 where the scene was never seen.
      first_mask: [N, H, W, 1] and
      first_foreground: [N, H, W, 3], both of the first frame, never changed.
      flow_to_first: [N, H, W, 2] pixels, from this frame to the first.
      foreground_state: [N, H/4, W/4, c] memory of the foreground generator.
      background_state: [N, H/4, W/4, c] memory of the background generator.
    """

    mask: tf.Tensor
    foreground: tf.Tensor
    background: tf.Tensor
    hole: tf.Tensor
    first_mask: tf.Tensor
    first_foreground: tf.Tensor
    flow_to_first: tf.Tensor
    foreground_state: tf.Tensor
    background_state: tf.Tensor


class Motion(NamedTuple):
    """What the flow says about one step, all on the grid of the frame that is made.

    Attributes:
      flow: [N, H, W, 2] pixels, to the frame before.
      occlusion: [N, H, W, 1], 1 where the frame before shows nothing of the pixel.
      camera: [N, H, W, 2] pixels, the fitted motion of the scene.
    """

    flow: tf.Tensor
    occlusion: tf.Tensor
    camera: tf.Tensor


class Evidence(NamedTuple):
    """The memories moved to the grid of the frame that is made.

    Attributes:
      mask: [N, H, W, 1] moved by the flow.
      foreground: [N, H, W, 3] moved by the flow, black outside the mask.
      first: [N, H, W, 3], the first object moved by the composed flow.
      first_mask: [N, H, W, 1] likewise.
      flow_to_first: [N, H, W, 2] pixels, composed.
      background: [N, H, W, 3] moved by the camera, filled in holes.
      hole: [N, H, W, 1] moved by the camera; what enters the frame is hole too.
    """

    mask: tf.Tensor
    foreground: tf.Tensor
    first: tf.Tensor
    first_mask: tf.Tensor
    flow_to_first: tf.Tensor
    background: tf.Tensor
    hole: tf.Tensor


def composite(
    mask: tf.Tensor, foreground: tf.Tensor, background: tf.Tensor
) -> tf.Tensor:
    """Returns mask · foreground + (1 - mask) · background.

    The original adds the foreground unweighted; in [-1, 1], where black is -1, that
    darkens everything outside the object by 1 (see `thesis/`, `compose`).
    """
    return background + mask * (foreground - background)


def on_black(mask: tf.Tensor, foreground: tf.Tensor) -> tf.Tensor:
    """Returns the object before black: mask · foreground + (1 - mask) · (-1)."""
    return mask * (foreground - BLACK) + BLACK


def black_outside(rolled: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Returns a rollout whose `foregrounds` are black outside their `masks`."""
    return rolled | {"foregrounds": on_black(rolled["masks"], rolled["foregrounds"])}


def start(
    frame: tf.Tensor,
    mask: tf.Tensor,
    states: tuple[tf.Tensor, tf.Tensor],
    blind_spot: tf.Tensor | None = None,
) -> State:
    """Begins a rollout at a frame whose mask is given.

    Args:
      frame: [N, H, W, 3] in [-1, 1].
      mask: [N, H, W, 1] in [0, 1].
      states: zero states of the two generators.
      blind_spot: [N, H, W, 1], 1 where the scene is hidden on purpose.
    """
    hole = masks.dilate(mask, radius=GUARD_PIXELS)
    if blind_spot is not None:
        hole = tf.maximum(hole, blind_spot)
    return State(
        mask=mask,
        foreground=frame,
        background=fill.push_pull(frame, 1.0 - hole),
        hole=hole,
        first_mask=mask,
        first_foreground=frame,
        flow_to_first=tf.zeros_like(frame[..., :2]),
        foreground_state=states[0],
        background_state=states[1],
    )


def observe_motion(state: State, flow: tf.Tensor, reverse_flow: tf.Tensor) -> Motion:
    """Fits the camera's motion outside the moved object. No gradient.

    Args:
      state: after the frame before.
      flow: [N, H, W, 2] pixels, from the new frame to the one before.
      reverse_flow: [N, H, W, 2] pixels, the other way, on the grid of the one before.
    """
    occlusion = warp.occlusion(flow, reverse_flow)
    moved = warp.backward(tf.stop_gradient(state.mask), flow)
    weights = (1.0 - masks.dilate(moved, radius=GUARD_PIXELS)) * (1.0 - occlusion)
    height, width = flow.shape[1:3]
    camera = affine.to_flow(affine.fit(flow, weights), height, width)
    return Motion(flow, occlusion, tf.stop_gradient(camera))


def move(state: State, motion: Motion) -> Evidence:
    """Moves the memories to the grid of the next frame."""
    by_flow = warp.backward(
        tf.concat([state.mask, state.foreground, state.flow_to_first], axis=-1),
        motion.flow,
    )
    mask, foreground, to_first = tf.split(by_flow, [1, 3, 2], axis=-1)  # [N, H, W, c]
    flow_to_first = motion.flow + tf.stop_gradient(to_first)
    first = warp.backward(
        tf.concat([state.first_mask, state.first_foreground], axis=-1), flow_to_first
    )
    first_mask, first = tf.split(first, [1, 3], axis=-1)  # [N, H, W, 1 and 3]
    by_camera, is_inside = warp.backward_with_validity(
        tf.concat([state.hole, state.background], axis=-1), motion.camera
    )
    hole, background = tf.split(by_camera, [1, 3], axis=-1)  # [N, H, W, 1 and 3]
    hole = 1.0 - (1.0 - hole) * is_inside
    return Evidence(
        mask=mask,
        foreground=on_black(mask, foreground),
        first=first,
        first_mask=first_mask,
        flow_to_first=flow_to_first,
        background=fill.push_pull(background, 1.0 - hole),
        hole=hole,
    )


def encode_flow(flow: tf.Tensor) -> tf.Tensor:
    """Maps flow in pixels to (-1, 1), monotonically."""
    return tf.tanh(flow / FLOW_SCALE)


def foreground_inputs(evidence: Evidence, motion: Motion) -> tf.Tensor:
    """Returns what the foreground generator sees, [N, H, W, 13]; never the frame."""
    return tf.concat(
        [
            evidence.foreground,
            evidence.mask,
            on_black(evidence.first_mask, evidence.first),
            evidence.first_mask,
            encode_flow(motion.flow),
            encode_flow(motion.flow - motion.camera),
            motion.occlusion,
        ],
        axis=-1,
    )


def mask_inputs(
    frame: tf.Tensor,
    foreground: tf.Tensor,
    background: tf.Tensor,
    moved_mask: tf.Tensor,
    evidence: Evidence,
    motion: Motion,
) -> tf.Tensor:
    """Returns the evidence for the mask, [N, H, W, 17]."""
    return tf.concat(
        [
            frame,
            foreground,
            background,
            tf.reduce_mean(tf.abs(frame - foreground), axis=-1, keepdims=True),
            tf.reduce_mean(tf.abs(frame - background), axis=-1, keepdims=True),
            2.0 * moved_mask - 1.0,
            evidence.first_mask,
            evidence.hole,
            motion.occlusion,
            encode_flow(motion.flow - motion.camera),
        ],
        axis=-1,
    )


def move_object(
    state: State,
    flow: tf.Tensor,
    guess: dict[str, tf.Tensor],
    evidence: Evidence,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Moves mask and object by the corrected flow and blends the three sources.

    Args:
      state: after the frame before.
      flow: [N, H, W, 2] pixels, to the frame before.
      guess: answer of the foreground generator.
      evidence: for the first object.

    Returns:
      The moved mask [N, H, W, 1] and the object [N, H, W, 3].
    """
    moved = warp.backward(
        tf.concat([state.mask, state.foreground], axis=-1),
        flow + guess["residual_flow"],
    )
    mask, previous = tf.split(moved, [1, 3], axis=-1)  # [N, H, W, 1 and 3]
    first, second, third = tf.split(guess["blend"], 3, axis=-1)  # [N, H, W, 1] each
    blended = first * previous + second * evidence.first + third * guess["colour"]
    return mask, blended


def correct_mask(
    moved_mask: tf.Tensor, correction: tf.Tensor, saturation: tf.Tensor
) -> tf.Tensor:
    """Returns sigmoid(saturation · (2 (2 · moved mask - 1) + correction))."""
    carried = CARRY_GAIN * (2.0 * moved_mask - 1.0)
    return tf.sigmoid(saturation * (carried + correction))


def re_anchor(
    state: State,
    evidence: Evidence,
    frame: tf.Tensor,
    outputs: dict[str, tf.Tensor],
    states: tuple[tf.Tensor, tf.Tensor],
) -> State:
    """Puts what frame [N, H, W, 3] shows into the memories."""
    mask = outputs["masks"]
    # Where the outline is soft the frame shows a mixture: no background for the memory.
    covered = tf.stop_gradient(masks.dilate(mask, radius=GUARD_PIXELS))
    return state._replace(
        mask=mask,
        foreground=composite(mask, frame, outputs["foregrounds"]),
        background=composite(covered, outputs["backgrounds"], frame),
        hole=evidence.hole * covered,
        flow_to_first=evidence.flow_to_first,
        foreground_state=states[0],
        background_state=states[1],
    )


def detach(state: State) -> State:
    """Cuts the gradient: truncated back-propagation through time."""
    return State(*(tf.stop_gradient(part) for part in state))


def blind_spot(mask: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Returns the mask [N, H, W, 1] put elsewhere at random, around the borders.

    What the object hides has no ground truth; what a blind spot hides has, and trains
    the background generator (Pathak et al., Context Encoders, 2016, section 3.2).
    """
    height, width = mask.shape[1:3]
    rows = seeds.integers([], seeds.fold(seed, "rows"), height)
    columns = seeds.integers([], seeds.fold(seed, "columns"), width)
    return tf.roll(masks.binarize(mask), [rows, columns], axis=[1, 2])


def disturb(mask: tf.Tensor, seed: tf.Tensor, strength: float) -> tf.Tensor:
    """Spoils a mask as a long rollout would: shifts its outline, widens or thins it.

    Training to undo this is what keeps long rollouts on the object; it needs no other
    mask than the first. Source: the deformed masks of Perazzi et al., Learning Video
    Object Segmentation from Static Images, 2017, section 3.1.

    Args:
      mask: [N, H, W, 1] in [0, 1].
      seed: [2] int32.
      strength: standard deviation of the shift, as a share of the larger side.
    """
    batch = tf.shape(mask)[0]
    height, width = mask.shape[1:3]
    coarse = seeds.normal([batch, 4, 4, 2], seeds.fold(seed, "shift"))
    shift = tf.image.resize(coarse, [height, width], "bicubic")
    moved = warp.backward(mask, shift * (strength * max(height, width)))
    draw = seeds.uniform([batch, 1, 1, 1], seeds.fold(seed, "size"))
    thinned = masks.erode(moved, radius=1)
    is_thin, is_wide = (
        tf.cast(draw < 1 / 3, tf.float32),
        tf.cast(draw > 2 / 3, tf.float32),
    )
    return (
        moved
        + is_thin * (thinned - moved)
        + is_wide * (masks.dilate(moved, radius=1) - moved)
    )
