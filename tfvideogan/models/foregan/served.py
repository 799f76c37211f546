"""How ForeGAN is served: bytes at the door, flow given, memory in and out for long videos.

    predict         a whole video: frames, the first mask, both flows -> layers and masks
    predict_start   the same for the first chunk of a long video, and the memory after it
    predict_next    a further chunk and the memory -> its new frames, and the memory

A chunk begins with the last frame of the chunk before: flow lives between frames, so the
flows of a chunk are those between its own frames. `predict_next` answers without that
first frame. Chunks joined end to end equal one request of the whole video.
"""

from collections.abc import Callable

import tensorflow as tf

from tfvideogan.core import clip, pixels, signatures
from tfvideogan.models.foregan import outputs, roller, rollout

MIN_FRAMES = 2
OUTPUTS = {
    "video": "[N, T, H, W, 3] uint8, the composite",
    "foreground": "[N, T, H, W, 3] uint8, the object before black",
    "background": "[N, T, H, W, 3] uint8, the scene without the object",
    "mask": "[N, T, H, W, 1] uint8, 255 = object",
}
# Shares of [0, 1] that were warped may miss it by a rounding error.
SHARE = (-0.01, 1.01)
MEMORY_ABOUT = "for `state_{}` of predict_next"
STATE_ABOUT = "`next_state_{}` of the request before"

# Every frame passes the masks through a sigmoid of slope up to 20, which makes rounding
# ten times as large; 1.6e-5 was seen in the memory of a trained model.
TOLERANCE = 1e-4


class Signatures:
    """The serving functions of a ForeGAN."""

    def __init__(
        self,
        roller_: roller.Roller,
        spec: clip.ClipSpec,
        saturation: Callable[[], tf.Tensor],
    ) -> None:
        """Stores the networks at work.

        Args:
          roller_: of the generators.
          spec: of a training clip; T is free when served.
          saturation: returns the slope of the masks' sigmoid, a scalar.
        """
        self._roller = roller_
        self._spec = spec
        self._saturation = saturation

    def functions(self) -> dict[str, signatures.ServingFunction]:
        """Returns `predict`, `predict_start` and `predict_next`."""
        whole = inputs(self._spec, has_flow=True)
        chunk = [one for one in whole if one.spec.name != signatures.MASK]
        chunk += self._state_inputs()
        states = {
            f"{signatures.NEXT_STATE}{name}": MEMORY_ABOUT.format(name)
            for name in rollout.State._fields
        }
        new = {name: text.replace("T,", "T-1,") for name, text in OUTPUTS.items()}
        options = {"at_least": {"T": MIN_FRAMES}, "tolerance": TOLERANCE}
        return {
            signatures.PREDICT: signatures.ServingFunction.of(
                self._predict,
                whole,
                OUTPUTS,
                about="one mask, every mask: splits a video into object and scene",
                **options,
            ),
            signatures.PREDICT + signatures.START: signatures.ServingFunction.of(
                self._start,
                whole,
                OUTPUTS | states,
                about="predict for the first chunk of a long video",
                **options,
            ),
            signatures.PREDICT + signatures.NEXT: signatures.ServingFunction.of(
                self._next,
                chunk,
                new | states,
                about="goes on; frame 0 is the last one of the chunk before",
                **options,
            ),
        }

    def _predict(self, **inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        batch = to_batch(**inputs)
        return _outputs(self._roller.complete(batch, saturation=self._saturation()))

    def _start(self, **inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        batch = to_batch(**inputs)
        state, rolled = self._roller.begin(batch, saturation=self._saturation())
        return _outputs(rolled) | _next_state(state)

    def _next(
        self,
        *,
        frames: tf.Tensor,
        forward_flow: tf.Tensor,
        backward_flow: tf.Tensor,
        **states: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        state = rollout.State(
            **{
                name: states[f"{signatures.STATE}{name}"]
                for name in rollout.State._fields
            }
        )
        state, rolled = self._roller.follow(
            state,
            pixels.to_float(frames[:, 1:]),
            backward_flow,
            forward_flow,
            saturation=self._saturation(),
        )
        return _outputs(rolled) | _next_state(state)

    def _state_inputs(self) -> list[signatures.Input]:
        """The tensors of `rollout.State`, with an open batch."""
        state = self._roller.start(*roller.first(clip.zeros_like_spec(self._spec, 1)))
        return [_state_input(name, part) for name, part in state._asdict().items()]


def inputs(spec: clip.ClipSpec, *, has_flow: bool) -> list[signatures.Input]:
    """Returns the inputs of `predict`: frames, the first mask and, if asked, flows."""
    flows = signatures.flows(spec) if has_flow else ()
    return [signatures.video(signatures.FRAMES, spec), signatures.mask(spec), *flows]


def _state_input(field: str, part: tf.Tensor) -> signatures.Input:
    name = f"{signatures.STATE}{field}"
    letters = "N h w c" if field.endswith("_state") else "N H W c"
    low, high = SHARE if _is_share(field) else (None, None)
    rule = signatures.InputRule(letters, STATE_ABOUT.format(field), low, high)
    return signatures.Input(
        tf.TensorSpec([None, *part.shape[1:]], tf.float32, name), rule
    )


def _is_share(field: str) -> bool:
    return field in ("mask", "hole", "first_mask")


def to_batch(
    frames: tf.Tensor, mask: tf.Tensor, **flows: tf.Tensor
) -> dict[str, tf.Tensor]:
    """Returns inputs of `predict` as a batch of `core.clip`.

    Args:
      frames: [N, T, H, W, 3] uint8.
      mask: [N, H, W, 1] uint8, of the first frame; 0 = scene, all else = object.
      **flows: [N, T-1, H, W, 2] pixels.
    """
    first = tf.cast(mask > 0, tf.float32)
    return {
        "frames": pixels.to_float(frames),
        "foreground_masks": first[:, tf.newaxis],  # [N, 1, H, W, 1]
        **flows,
    }


def _outputs(rolled: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    return outputs.to_uint8(rollout.black_outside(rolled))


def _next_state(state: rollout.State) -> dict[str, tf.Tensor]:
    return {
        f"{signatures.NEXT_STATE}{name}": part for name, part in state._asdict().items()
    }
