"""How answers are drawn for docs/gallery.md: films [T, height, width, 3] uint8.

A film of one frame is written as a still.
"""

from collections.abc import Sequence

import numpy as np
from gallery_table import clips

from tfvideogan.data import action_captions
from tfvideogan.library import model as library
from tfvideogan.media import flow, inpainting, sheets

# Moments of a strip, evenly spaced.
MOMENTS = 8
FEW_MOMENTS = 4
# Seeds of a grid.
SEEDS = 9
# Seeds for each sentence, classes and sentences shown.
PER_SENTENCE, SHOWN = 6, 4
# Classes that are named beside a clip.
MOST = 2
# Room for a line of words, pixels.
WORDS_WIDTH = 430
# Smaller frames are enlarged to that side, pixels.
SIDE = 64


def layers(model: library.Model, given: clips.Arrays) -> np.ndarray:
    """The video, the object's mask over it, the object, and the scene behind it."""
    answer = model.predict(frames=given["frames"], mask=given["mask"])
    masks = answer["mask"] > 0
    rows = [
        given["frames"],
        sheets.veiled(given["frames"], masks),
        np.where(masks, answer.foreground, 0).astype(np.uint8),
        answer.background,
    ]
    return strip(rows)


def restored(model: library.Model, given: clips.Arrays) -> np.ndarray:
    """The blurred clip, what is made of it, and the sharp one."""
    video = model.restore(frames=given["frames"]).video
    return strip([given["frames"], video, given["sharp"]], FEW_MOMENTS)


def completed(model: library.Model, given: clips.Arrays) -> np.ndarray:
    """Each clip with its holes, completed, and as it was."""
    rows = []
    for number in (1, 2):
        frames, holes = given[f"frames_{number}"], given[f"holes_{number}"]
        cut = np.where(holes > 0, np.uint8(sheets.HOLE_GREY), frames)
        video = model.complete(frames=cut, holes=holes).video
        rows += [cut, video, frames]
    return strip(rows, FEW_MOMENTS)


def flow_completed(model: library.Model, given: clips.Arrays) -> np.ndarray:
    """Each clip with its holes, and its flow: found, completed, of the whole clip."""
    rows = []
    for number in (1, 2):
        frames, holes = given[f"frames_{number}"], given[f"holes_{number}"]
        cut = np.where(holes > 0, np.uint8(sheets.HOLE_GREY), frames)
        flows = (
            inpainting.estimate_flow(cut, holes)[0],
            model.complete_flow(frames=cut, holes=holes).forward_flow,
            flow.estimate_clip(frames)[0],
        )
        # As many frames as steps; one scale of strength for all three.
        painted = sheets.flow_colours(np.concatenate(flows))
        rows += [cut[:-1], *np.split(painted, len(flows))]
    return strip(rows, FEW_MOMENTS)


def read_aloud(model: library.Model, given: clips.Arrays) -> np.ndarray:
    """Clips, each with its caption and with what the model says."""
    said = model.classify(frames=given["frames"]).text
    return _with_words(
        given["frames"],
        [
            [f"true:  {true}", f"said:  {text.decode()}"]
            for true, text in zip(given["text"], said, strict=True)
        ],
    )


def classified(model: library.Model, given: clips.Arrays) -> np.ndarray:
    """Clips, each with its class and the two that the model finds most probable."""
    found = model.classify(frames=given["frames"]).probabilities
    names = given["classes"]
    return _with_words(
        given["frames"],
        [
            [
                f"true:  {names[int(label)]}",
                "said:  "
                + ", ".join(
                    f"{names[n]} {row[n]:.2f}" for n in np.argsort(-row)[:MOST]
                ),
            ]
            for label, row in zip(given["labels"], found, strict=True)
        ],
    )


def seeds(model: library.Model, given: clips.Arrays) -> np.ndarray:
    """A grid of seeds that plays."""
    return sheets.grid(sheets.near_square(list(model.generate(SEEDS, seed=0).video)))


def classes(model: library.Model, given: clips.Arrays) -> np.ndarray:
    """A column for each class, two seeds each, that plays."""
    names = action_captions.ACTIONS
    labels = np.arange(len(names), dtype=np.int32)
    rows = [
        list(map(coloured, model.generate(seed=labels + first, label=labels).video))
        for first in (0, len(names))
    ]
    return sheets.headed(sheets.grid(rows), names)


def followed(model: library.Model, given: clips.Arrays) -> np.ndarray:
    """Of each clip what follows on its first frames, and what the model makes of them."""
    video = model.predict(context=given["context"], seed=0).video
    rows = []
    for context, true, made in zip(
        given["context"], given["follow"], video, strict=True
    ):
        rows += [np.concatenate([context, one]) for one in (true, made[: len(true)])]
    times = max(1, SIDE // rows[0].shape[1])
    return strip([one.repeat(times, 1).repeat(times, 2) for one in rows], 2 * MOMENTS)


def painted(model: library.Model, given: clips.Arrays) -> np.ndarray:
    """Seeds of each sentence, beside it."""
    texts = given["text"][:SHOWN]
    pictures = [model.generate(PER_SENTENCE, text=one, seed=0).image for one in texts]
    return _with_words(np.stack(pictures), [[one] for one in texts], PER_SENTENCE)


def acted_out(model: library.Model, given: clips.Arrays) -> np.ndarray:
    """Of each caption the true clip, and what is made of its first frame."""
    frames, texts = given["frames"][:SHOWN], given["text"][:SHOWN]
    made = model.predict(
        context=frames[:, :1], text=list(texts), steps=frames.shape[1] - 1
    ).video
    films = np.concatenate([frames[:, :1], made], axis=1)
    pairs = np.stack([frames, films], axis=1).reshape(-1, *frames.shape[1:])
    words = [line for one in texts for line in ([f"true:  {one}"], ["made"])]
    return _with_words(pairs, words, MOMENTS)


def strip(films: Sequence[np.ndarray], number: int = MOMENTS) -> np.ndarray:
    """Lays out films [T, H, W, C], a row each, at evenly spaced moments.

    Returns:
      [1, height, width, 3] uint8.
    """
    last = min(map(len, films)) - 1
    moments = np.linspace(0, last, min(number, last + 1)).round().astype(int)
    return sheets.grid(
        [[coloured(film[one : one + 1]) for one in moments] for film in films]
    )


def coloured(film: np.ndarray) -> np.ndarray:
    """Returns a film of three channels."""
    return np.broadcast_to(film, (*film.shape[:-1], 3))


def _with_words(
    films: np.ndarray, words: Sequence[Sequence[str]], number: int = FEW_MOMENTS
) -> np.ndarray:
    """Lays out films [N, T, H, W, C], each with lines of words at its right."""
    rows = [
        sheets.beside(strip([film], number), lines, width=WORDS_WIDTH)
        for film, lines in zip(films, words, strict=True)
    ]
    return np.concatenate(rows, axis=1)
