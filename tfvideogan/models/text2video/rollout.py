"""Rollouts: predictions that go on from predictions, for inference and for training.

    frames, history = rollout.predict(generator, history, caption, num_frames=40)
    made = rollout.train(generator, clips, caption, plan, seed)

An inference is a loop in the graph that keeps the d newest frames and what it has made: a
video of any length, whose beginning does not depend on the length.

A training rollout ends where an inference will be, but gradients see its end only:

    clip       x_0 .. x_s | x_s+1 .. x_s+J            | x_s+J+1 .. x_s+J+K
    seen       history    | own predictions,          | K frames that count; what is fed
                          | without gradients         | back is a mixture, see below

The history ends at a drawn frame s and has a drawn length; J, the lead, is drawn for the
whole batch, and is 0 in half of the steps: how a still begins to move is the hardest frame
of all, and behind a lead it has no gradient. Of the K frames each is compared with the
clip's; then a prediction is fed back, with a little noise, or the clip's frame (scheduled
sampling [1]). Every few frames the gradient is cut (truncated back-propagation through
time [2]).

References:
  [1] Bengio et al., Scheduled Sampling for Sequence Prediction with Recurrent Neural
      Networks, NeurIPS 2015.
  [2] Williams, Peng, An Efficient Gradient-Based Algorithm for On-Line Training of
      Recurrent Network Trajectories, 1990.
  [3] Brandstetter, Worrall, Welling, Message Passing Neural PDE Solvers, ICLR 2022,
      section 3.1: steps without gradients before the one that counts.
"""

from typing import NamedTuple, Protocol

import tensorflow as tf

from tfvideogan.core import seeds
from tfvideogan.models.text2video import history as histories

# What is kept of each frame that counts, by what a generator makes.
KEPT = {"frame": "fakes", "copy": "copies"}
# How often frames before those that count are predicted.
SHARE_OF_LEADS = 0.5


class Generator(Protocol):
    """What makes the next frame; see `generator.Generator`.

    Attributes:
      depth: d, frames of a history.
      outputs: names of what it makes: `frame`; `copy` where it copies; `to_anchor` where
        histories must have an anchor.
    """

    depth: int
    outputs: tuple[str, ...]

    def __call__(
        self, history: histories.History, caption: tf.Tensor, training: bool = False
    ) -> dict[str, tf.Tensor]:
        """Returns its `outputs` by name."""
        ...


class Plan(NamedTuple):
    """How a training rollout goes in a step.

    Attributes:
      num_frames: K, frames that count; below T.
      truncate: frames between two cuts of the gradient.
      most_lead: scalar int32, greatest J; less where clips are shorter.
      own_share: scalar float32 in [0, 1], how often a prediction is fed back.
      noise: standard deviation of the noise on predictions that are fed back.
    """

    num_frames: int
    truncate: int
    most_lead: tf.Tensor
    own_share: tf.Tensor
    noise: float


def predict(
    generator: Generator,
    history: histories.History,
    caption: tf.Tensor,
    *,
    num_frames: int | tf.Tensor,
) -> tuple[tf.Tensor, histories.History]:
    """Predicts what follows.

    Args:
      generator: of the next frame.
      history: of N clips.
      caption: [N, D].
      num_frames: F.

    Returns:
      [N, F, H, W, C] float32 in [-1, 1], and the history to go on from.
    """
    size = history.frames[-1].shape[1:]
    array = tf.TensorArray(tf.float32, num_frames, element_shape=[None, *size])

    def step(
        index: tf.Tensor, seen: histories.History, made: tf.TensorArray
    ) -> tuple[tf.Tensor, histories.History, tf.TensorArray]:
        seen = _appended(generator, seen, caption)
        return index + 1, seen, made.write(index, seen.frames[-1])

    _, history, array = tf.while_loop(
        lambda index, *_: index < num_frames,
        step,
        (tf.constant(0), history, array),
        parallel_iterations=1,
    )
    stacked = tf.transpose(array.stack(), [1, 0, 2, 3, 4])  # [N, F, H, W, C]
    static = num_frames if isinstance(num_frames, int) else None
    return tf.ensure_shape(stacked, [None, static, *size]), history


def train(
    generator: Generator,
    clips: tf.Tensor,
    caption: tf.Tensor,
    plan: Plan,
    seed: tf.Tensor,
) -> dict[str, tf.Tensor]:
    """Rolls out over the clips of a batch.

    Args:
      generator: of the next frame.
      clips: [N, T, H, W, C] in [-1, 1]. Where T is below d + K, histories are shorter.
      caption: [N, D].
      plan: of the step.
      seed: [2] int32.

    Returns:
      `fakes` and `real` [N, K, H, W, C], the predictions, which are not clipped, and the
      frames of the clips;
      `last` and `real_last` [N, H, W, C], the frame before them, as the generator saw it
      and as it is in the clip; where the generator copies, `copies` like `fakes`.
    """
    number, free = tf.shape(clips)[0], clips.shape[1] - plan.num_frames
    longest = min(generator.depth, free)
    most_lead = tf.minimum(plan.most_lead, free - longest)
    lead = seeds.integers([], seeds.fold(seed, "lead"), most_lead + 1)
    has_lead = seeds.uniform([], seeds.fold(seed, "has_lead")) < SHARE_OF_LEADS
    lead = tf.where(has_lead, lead, 0)
    lengths = histories.random_lengths(number, longest, seeds.fold(seed, "history"))
    # One frame alone is the first of its clip, of which the caption is true: "starting
    # left" is not said of a frame in the middle.
    room = tf.cast(free - lead - (lengths - 1), tf.float32)
    draw = seeds.uniform([number], seeds.fold(seed, "last"))
    later = lengths - 1 + tf.cast(draw * room, tf.int32)
    last = tf.where(lengths == 1, 0, later)  # [N]
    history = histories.of_clips(
        clips,
        last,
        lengths,
        generator.depth,
        is_anchored="to_anchor" in generator.outputs,
    )
    history = _lead(generator, history, caption, lead)
    times = (last + lead)[:, tf.newaxis] + tf.range(1 + plan.num_frames)  # [N, 1 + K]
    window = tf.gather(clips, times, axis=1, batch_dims=1)
    window = tf.ensure_shape(window, [None, 1 + plan.num_frames, *clips.shape[2:]])
    real_last, real = window[:, 0], window[:, 1:]
    made = _compared(generator, history, caption, real, plan, seed)
    return made | {"real": real, "last": history.frames[-1], "real_last": real_last}


def _lead(
    generator: Generator,
    history: histories.History,
    caption: tf.Tensor,
    lead: tf.Tensor,
) -> histories.History:
    """Predicts `lead` frames without gradients and returns what is then seen."""

    def step(
        index: tf.Tensor, seen: histories.History
    ) -> tuple[tf.Tensor, histories.History]:
        return index + 1, _appended(generator, seen, caption)

    caption = tf.stop_gradient(caption)
    _, history = tf.while_loop(
        lambda index, *_: index < lead,
        step,
        (tf.constant(0), history),
        parallel_iterations=1,
    )
    return tf.nest.map_structure(tf.stop_gradient, history)


def _appended(
    generator: Generator, history: histories.History, caption: tf.Tensor
) -> histories.History:
    """Predicts a frame and feeds it back."""
    made = generator(history, caption)
    return histories.shifted(history, made["frame"], made.get("to_anchor"))


def _compared(
    generator: Generator,
    history: histories.History,
    caption: tf.Tensor,
    real: tf.Tensor,
    plan: Plan,
    seed: tf.Tensor,
) -> dict[str, tf.Tensor]:
    """Predicts the frames that count; a mixture of them and of `real` is fed back."""
    number = tf.shape(real)[0]
    is_own = seeds.uniform([plan.num_frames, number, 1, 1, 1], seeds.fold(seed, "own"))
    is_own = is_own < plan.own_share
    noise_shape = [plan.num_frames, number, *real.shape[2:]]
    noise = plan.noise * seeds.normal(noise_shape, seeds.fold(seed, "noise"))
    inputs = tf.transpose(real, [1, 0, 2, 3, 4])  # [K, N, H, W, C]

    def step(
        index: tf.Tensor,
        seen: histories.History,
        arrays: dict[str, tf.TensorArray],
    ) -> tuple[tf.Tensor, histories.History, dict[str, tf.TensorArray]]:
        made = generator(seen, caption, training=True)
        fed = tf.where(is_own[index], made["frame"] + noise[index], inputs[index])
        arrays = {
            name: array.write(index, made[name]) for name, array in arrays.items()
        }
        seen = histories.shifted(
            seen, fed, made.get("to_anchor"), is_given=~is_own[index]
        )
        return index + 1, seen, arrays

    arrays = {
        name: tf.TensorArray(tf.float32, plan.num_frames)
        for name in KEPT
        if name in generator.outputs
    }
    index = tf.constant(0)
    for start in range(0, plan.num_frames, plan.truncate):
        stop = min(start + plan.truncate, plan.num_frames)
        history = tf.nest.map_structure(tf.stop_gradient, history)
        index, history, arrays = tf.while_loop(
            lambda index, *_, stop=stop: index < stop,
            step,
            (index, history, arrays),
            parallel_iterations=1,
            maximum_iterations=stop - start,
        )
    made = {}
    for name, array in arrays.items():
        made[KEPT[name]] = tf.transpose(array.stack(), [1, 0, 2, 3, 4])  # [N, K, ...]
    return made
