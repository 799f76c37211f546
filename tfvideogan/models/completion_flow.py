"""The signature `complete_flow`, and an export of it that another model takes along.

    completer = completion_flow.FlowCompleter("saved_models/flowcompletion/1", channels=3)
    served = completer.serving_function()

`media/propagation.py` follows pixels through holes by flow; a model of holes whose export
has this signature completes it by a network (`flow_completion/`), all others by a membrane.
"""

from collections.abc import Callable, Mapping, Sequence

import tensorflow as tf

from tfvideogan.core import errors, signatures
from tfvideogan.models import held_export

OUTPUTS = {
    signatures.FORWARD_FLOW: "[N, T-1, H, W, 2] float32 pixels, on frame t, to t + 1",
    signatures.BACKWARD_FLOW: "[N, T-1, H, W, 2] float32 pixels, on frame t + 1, to t",
}
# Two frames have a step.
AT_LEAST = {"T": 2}


class FlowCompleter:
    """The export of a model of flow, loaded.

    Attributes:
      loaded: the export, which the model's own must hold.
    """

    def __init__(self, folder: str, *, channels: int) -> None:
        """Loads it.

        Args:
          folder: of the export's version, such as saved_models/flowcompletion/1.
          channels: of the frames.

        Raises:
          UserError: there is no such export, it completes no flow, or that of other
            frames.
        """
        self.loaded = held_export.load(folder, option="flow_completer")
        self._complete = self.loaded.signatures.get(signatures.COMPLETE_FLOW)
        if self._complete is None:
            raise errors.UserError(
                f"`flow_completer` ({folder!r}) has no signature "
                f"`{signatures.COMPLETE_FLOW}`, only {', '.join(self.loaded.signatures)}; "
                "export a run of gin/flow_completion.gin."
            )
        _, inputs = self._complete.structured_input_signature
        self._channels = inputs[signatures.FRAMES].shape[-1]
        if self._channels != channels:
            raise errors.UserError(
                f"`flow_completer` ({folder!r}) takes frames of {self._channels} "
                f"channels, but the clips have {channels}."
            )

    def serving_function(self) -> signatures.ServingFunction:
        """Returns its signature, as one of another model."""
        return serving_function(
            lambda **inputs: self._complete(**inputs),
            self._channels,
            held=[self.loaded],
        )


def serving_function(
    complete: Callable[..., Mapping[str, tf.Tensor]],
    channels: int,
    *,
    held: Sequence[tf.Module] = (),
) -> signatures.ServingFunction:
    """Returns the signature `complete_flow`.

    Args:
      complete: takes the inputs as keyword arguments and returns `OUTPUTS`.
      channels: of the frames.
      held: see `signatures.ServingFunction`.
    """
    given = [
        _input(signatures.FRAMES, tf.uint8, channels, "RGB, anything in the holes"),
        _input(signatures.HOLES, tf.uint8, 1, "0 = visible, all else = missing"),
        _input(signatures.FORWARD_FLOW, tf.float32, 2, "pixels, as found around holes"),
        _input(
            signatures.BACKWARD_FLOW, tf.float32, 2, "pixels, as found around holes"
        ),
    ]
    return signatures.ServingFunction.of(
        complete,
        given,
        OUTPUTS,
        about="the motion of a video with holes, also in the holes",
        at_least=AT_LEAST,
        held=held,
    )


def _input(name: str, dtype: tf.DType, channels: int, about: str) -> signatures.Input:
    time = "T-1" if name in signatures.FLOWS else "T"
    rule = signatures.InputRule(f"N {time} H W {channels}", about)
    spec = tf.TensorSpec([None, None, None, None, channels], dtype, name)
    return signatures.Input(spec, rule)
