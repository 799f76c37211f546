"""The engine's toy model with signatures: what the doors of serving are tried on."""

import tensorflow as tf

from tests.engine import toy
from tfvideogan.core import pixels, signatures
from tfvideogan.ops import tokens

VIDEO = {
    "video": "[N, T, H, W, 3] uint8",
    "video_float": "the same in [-1, 1]",
}
# By how much a word makes each frame brighter than the one before.
PACE = {"": 0, "slowly": 1, "up": 2, "quickly": 4}
WORDS = tuple(PACE)
CAPTION_LENGTH = 2
FUTURE = 3


# Traced once for all signatures.
@tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
def pace(text: tf.Tensor) -> tf.Tensor:
    """How much brighter captions [N] make each frame, [N] uint8."""
    numbers, _ = tokens.encode(text, words=WORDS, length=CAPTION_LENGTH)
    return tf.reduce_sum(
        tf.gather(tf.constant([*PACE.values()], tf.uint8), numbers), -1
    )


class ServedGAN(toy.ToyGAN):
    """Repaints frames also when it is served."""

    def serving_functions(self) -> dict[str, signatures.ServingFunction]:
        size = (self.spec.height, self.spec.width)
        spec = tf.TensorSpec([None, None, *size, 3], tf.uint8, "frames")
        return {
            "predict": signatures.ServingFunction(
                self._serve,
                {"frames": spec},
                VIDEO,
                {"frames": signatures.InputRule("N T H W 3", "RGB video")},
                about="repaints a video",
            )
        }

    def _serve(self, *, frames: tf.Tensor) -> dict[str, tf.Tensor]:
        painted = self.generator(pixels.to_float(frames))
        return {"video": pixels.to_uint8(painted), "video_float": painted}


class TalkingGAN(ServedGAN):
    """Follows captions by arithmetic, and repaints frames by what was trained.

    generate   FUTURE grey frames: the first is as bright as the seed, the following ones
               brighter by what the words say
    predict    what follows on the context in that way, also brighter by the seed
    paint      the second of the generated frames, as an image
    restore    repaints a video

    `generate_start`, `generate_next` and likewise of `predict` go on for ever.
    """

    def serving_functions(self) -> dict[str, signatures.ServingFunction]:
        made = signatures.ServingFunction.of
        text, seed = signatures.text(example="up"), signatures.seed()
        context = signatures.video("context", self.spec, axis="K")
        frame = tf.TensorSpec([None, *self._size], tf.uint8, "state_frame")
        state = signatures.Input(frame, signatures.InputRule("N H W 3"))
        video = {"video": VIDEO["video"]}
        handed_out = video | {"next_state_frame": "[N, H, W, 3] uint8, the last one"}
        return {
            "predict": made(self._predict, [context, text, seed], video),
            "predict_start": made(
                self._predict_start, [context, text, seed], handed_out
            ),
            "predict_next": made(self._next, [state, text], handed_out),
            "generate": made(self._generate, [text, seed], video),
            "generate_start": made(self._generate_start, [text, seed], handed_out),
            "generate_next": made(self._next, [state, text], handed_out),
            "paint": made(self._paint, [text, seed], {"image": "[N, H, W, 3] uint8"}),
            "restore": super().serving_functions()["predict"],
        }

    @property
    def _size(self) -> list[int]:
        return [self.spec.height, self.spec.width, 3]

    def _predict(self, *, context, text, seed) -> dict[str, tf.Tensor]:
        last = context[:, -1] + tf.cast(seed, tf.uint8)[:, None, None, None]
        return {"video": self._following(last, text)}

    def _generate(self, *, text, seed) -> dict[str, tf.Tensor]:
        first = tf.cast(seed, tf.uint8)[:, None, None, None]
        first = tf.broadcast_to(first, [tf.size(seed), *self._size])
        following = self._following(first, text)
        return {"video": tf.concat([first[:, None], following[:, :-1]], axis=1)}

    def _predict_start(self, **inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._remembered(self._predict(**inputs)["video"])

    def _generate_start(self, **inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._remembered(self._generate(**inputs)["video"])

    def _next(self, *, state_frame, text) -> dict[str, tf.Tensor]:
        return self._remembered(self._following(state_frame, text))

    def _paint(self, *, text, seed) -> dict[str, tf.Tensor]:
        return {"image": self._generate(text=text, seed=seed)["video"][:, 1]}

    def _following(self, frame: tf.Tensor, text: tf.Tensor) -> tf.Tensor:
        """Returns [N, FUTURE, H, W, 3]: what follows on a frame."""
        brighter = pace(text)[:, None] * tf.cast(tf.range(1, FUTURE + 1), tf.uint8)
        return frame[:, None] + brighter[..., None, None, None]

    def _remembered(self, video: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"video": video, "next_state_frame": video[:, -1]}
