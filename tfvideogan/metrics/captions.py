"""Whether generated clips show what their captions say, as a captioner reads them.

    loop.run.metrics = (@captions.CaptionAccuracy(), @captions.CaptionSwap())
    captions.CaptionAccuracy:
      captioner = "saved_models/videocaptioner/1"
      context = 1
      windows = ("+1..+16", "+20..+35")

The captioner (`features/captioner.py`) is trained on real clips and looks at windows of
the predicted steps, each as long as those of its training; +1 is the first step after the
context. A caption is right when all of its words are, its clauses ("the red disc is ..."
and "the blue star is ...") in either order. Words that the captioner was trained to ignore
do not count: one of single frames that ignores the words of motion says whether every
element is still there, say at "+35..+35".

Accuracy on real clips, at the same steps, says how good the captioner is. A figure belongs
to its captioner.
"""

import dataclasses
import re
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from tfvideogan.core import clip, errors, pixels
from tfvideogan.metrics import image, prediction, streaming
from tfvideogan.metrics.features import captioner, extractor

TOKENS = "caption_tokens"
ALONE_FRAMES = "alone_frames"
SWAPPED_FRAMES, SWAPPED_TOKENS = "swapped_frames", "swapped_tokens"
WINDOW = re.compile(r"\+(\d+)\.\.\+(\d+)")


@dataclasses.dataclass(eq=False)
class CaptionMetric(streaming.MeanMetric):
    """Base of metrics that ask a captioner about windows of predicted clips.

    Attributes:
      captioner: folder of a SavedModel, such as saved_models/videocaptioner/1.
      context: frames that the model was given; the first of its `frames`, too. 0 where it
        was given none.
      windows: first and last step of what the captioner sees, such as "+1..+16".

    Raises:
      UserError: there is no such captioner, or it takes windows of another length.
    """

    captioner: str
    context: int = 1
    windows: Sequence[str] = ("+1..+16",)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._judge = captioner.Captioner(self.captioner)
        if self.context < 0:
            raise errors.UserError(
                f"`{type(self).__name__}.context` ({self.context}) must be 0 or more."
            )
        self._steps = {name: self._window(name) for name in self.windows}
        self._words: Sequence[str] = ()

    def describe(self) -> str:
        """Returns the metric and its captioner; see `streaming.Metric`."""
        return extractor.describe(self, self._judge)

    def prepare(self, num_clips: int, spec: clip.ClipSpec) -> None:
        """Checks that the captioner knows all words of the clips; see `streaming.Metric`.

        Raises:
          UserError: it does not, or there are no captions.
        """
        if not spec.words:
            raise errors.UserError(
                f"`{type(self).__name__}` judges clips with captions, but these have "
                "none; take a source with captions, such as gin/data/icons.gin."
            )
        self._judge.check_words(spec.words[1:])
        self._words = spec.words

    def _window(self, name: str) -> slice:
        """The frames of a window, counted from the first of the clip."""
        found = WINDOW.fullmatch(name)
        first, last = map(int, found.groups()) if found else (0, 0)
        length = self._judge.min_frames
        if first < 1 or last - first + 1 != length:
            raise errors.UserError(
                f"`{type(self).__name__}.windows` ({name!r}) must be {length} steps, as "
                f'many as {self._judge.name} sees, from 1 on, such as "+1..+{length}".'
            )
        return slice(self.context + first - 1, self.context + last)

    def _judged(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Real and predicted clips, as long as the last window wants."""
        last = max(frames.stop for frames in self._steps.values())
        return prediction.real_and_predicted(
            batch,
            outputs,
            context=self.context,
            steps=last - self.context,
            owner=type(self).__name__,
        )

    def _captions(self, tokens: np.ndarray) -> list[str]:
        """The text of captions [N, L]."""
        return [" ".join(self._words[one] for one in row if one) for row in tokens]

    def _add_accuracy(
        self, subject: str, clips: np.ndarray, captions: Sequence[str]
    ) -> None:
        """Counts what the captioner says to clips [N, T, H, W, C] in [-1, 1]."""
        for window, frames in self._steps.items():
            seen = pixels.to_uint8(tf.constant(clips[:, frames])).numpy()
            right = self._judge.right_words(seen, captions)  # [N, E, M]
            for words in right:
                row = f"{subject}/{window}"
                self._means.add(f"caption accuracy/{row}", float(words.all()))
                self._means.add(f"word accuracy/{row}", float(words.mean()))


@dataclasses.dataclass(eq=False)
class CaptionAccuracy(CaptionMetric):
    """Share of captions, and of words, that a captioner finds in generated and real clips.

    The results are `caption accuracy/model/+1..+16` and the like. In `word accuracy` the
    places behind the last word of a clause count, too: nothing must be read there.
    """

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        real, model = self._judged(batch, outputs)
        remedy = "`CaptionAccuracy` judges clips with captions."
        tokens = streaming.required(batch, TOKENS, where="batches", remedy=remedy)
        captions = self._captions(tokens)
        self._add_accuracy("model", model, captions)
        self._add_accuracy("real", real, captions)


@dataclasses.dataclass(eq=False)
class CaptionAlone(CaptionMetric):
    """Share of captions that a captioner finds in clips made of these captions alone.

    The outputs hold `alone_frames` [N, T, H, W, C], whose first frame was made of the
    caption, too. The results are `caption accuracy/alone/+1..+16` and the like.
    """

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        remedy = (
            "`CaptionAlone` judges models that make videos of captions alone; name what "
            "makes their first frames, such as text2video.Options.painter = "
            '"saved_models/text2image/1".'
        )
        tokens = streaming.required(batch, TOKENS, where="batches", remedy=remedy)
        frames = streaming.required(
            outputs, ALONE_FRAMES, where="outputs", remedy=remedy
        )
        _, alone = self._judged(batch, {"frames": frames})
        self._add_accuracy("alone", alone, self._captions(tokens))


@dataclasses.dataclass(eq=False)
class CaptionSwap(CaptionMetric):
    """Whether the same first frames go on as another caption says.

    The outputs hold `swapped_frames` [N, T, H, W, C], predicted from the context of the
    clips and the captions `swapped_tokens` [N, L]. `caption accuracy/swapped/+1..+16` is
    by these, and `swap difference/model/+1..+16` the mean absolute difference, in [0, 1],
    between `swapped_frames` and `frames`: 0 if captions are ignored. Clips whose other
    caption is their own do not count.
    """

    def update(
        self, batch: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]
    ) -> None:
        """Measures every clip of a batch; see `streaming.Metric`."""
        remedy = "`CaptionSwap` judges models that predict by captions."
        tokens = streaming.required(batch, TOKENS, where="batches", remedy=remedy)
        other, frames = (
            streaming.required(outputs, key, where="outputs", remedy=remedy)
            for key in (SWAPPED_TOKENS, SWAPPED_FRAMES)
        )
        _, model = self._judged(batch, outputs)
        _, swapped = self._judged(batch, {"frames": frames})
        is_other = np.any(other != tokens, axis=1)
        model, swapped, other = model[is_other], swapped[is_other], other[is_other]
        if not len(other):
            return
        self._add_accuracy("swapped", swapped, self._captions(other))
        for window, steps in self._steps.items():
            pair = (image.unit_range(one[:, steps]) for one in (swapped, model))
            for values in image.l1(*pair):
                name = f"swap difference/model/{window}"
                self._means.add(name, float(values.mean()))
