"""What the models of docs/gallery.md are given: clips drawn by seeds, of the test split.

No model was trained on one of them. Actions alone are real, and lie in given/. Each
function takes the sizes that an export was trained on, and returns arrays by name: inputs
as a signature wants them, without the batch axis, and what is shown beside the answer.
"""

import functools
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import tfvideogan

# isort: split
import numpy as np
import tensorflow as tf

from tfvideogan.data import action_captions
from tfvideogan.data import source as sources
from tfvideogan.data.blur import blurred
from tfvideogan.data.holes import holed, objects, random_shapes
from tfvideogan.data.procedural import shapes
from tfvideogan.data.procedural.icons import bank, icons
from tfvideogan.data.procedural.sprites import sprites
from tfvideogan.data.procedural.walkers import walkers
from tfvideogan.media import stills

PACKAGE = tfvideogan.__name__
SPLIT = "test"
# Of clips whose length a model leaves open, frames.
LONG, SHORT = 24, 10
# Shakes of gin/data/shaken.gin, the longest exposures.
PATH_LENGTH, EXPOSURES = 60.0, (1.0,)
# Of holes.
COVERAGE = (0.05, 0.4)
CONTEXT = 3
# A word that only whole captions have.
WHOLE = "starting"
# Of the test split. The last two icons are what the captioner of clips gets wrong among
# the first 48.
ICONS, SHAPES = (0, 1, 3, 5, 9, 31), (0, 1, 2, 3, 4, 5)
# The first test clip of each class of MoCoGAN's actions, every second frame.
ACTION_SIDE = 32
ACTIONS = pathlib.Path(__file__).with_name("given") / "actions.png"
# What a single frame cannot show comes behind it.
VERB = " is "

# `frames`, `height`, `width`, `words` ... of a card.
Sizes = Mapping[str, Any]
Arrays = dict[str, np.ndarray]


def object_and_mask(sizes: Sizes) -> Arrays:
    """A sprite before a ground that moves: `frames` and the `mask` of the first one."""
    found = _read(_sprites(sizes, LONG), 0, LONG)
    return {
        "frames": found["frames"],
        "mask": found["foreground_masks"][0] * np.uint8(255),
        "masks": found["foreground_masks"],
    }


def shaken(sizes: Sizes) -> Arrays:
    """Sprites under a shaking camera: `frames`, and the `sharp` ones."""
    source = blurred.Blurred(
        make_sharp=functools.partial(_sprites, sizes, SHORT),
        length=PATH_LENGTH,
        exposures=EXPOSURES,
    )
    found = _read(source, 1, SHORT)
    return {"frames": found["blurred_frames"], "sharp": found["frames"]}


def with_holes(sizes: Sizes) -> Arrays:
    """Two clips of sprites: a hole of any shape, and one in the shape of an object."""
    made = {}
    kinds = (random_shapes.RandomShapes(), objects.Objects())
    for number, kind in enumerate(kinds, start=1):
        source = holed.Holed(
            make_whole=functools.partial(_sprites, sizes, SHORT),
            families=[kind],
            coverage=COVERAGE,
        )
        found = _read(source, number, SHORT)
        made |= {
            f"frames_{number}": found["frames"],
            f"holes_{number}": found["holes"] * np.uint8(255),
        }
    return made


def captioned(sizes: Sizes) -> Arrays:
    """Icons, `frames` [N, T, H, W, 3], and their captions, `text` [N].

    Of a still the caption names the icon alone.
    """
    source = _icons(sizes)
    found = [_read(source, number, source.frames) for number in ICONS]
    texts = [source.caption(SPLIT, number) for number in ICONS]
    if source.frames == 1:
        texts = [one.partition(VERB)[0] for one in texts]
    return {
        "frames": np.stack([one["frames"] for one in found]),
        "text": np.array(texts, object),
    }


def sentences(sizes: Sizes) -> Arrays:
    """Captions that no training clip has, `text` [N]."""
    source = _icons(sizes)
    texts = [source.caption(SPLIT, number) for number in ICONS]
    return {"text": np.array(texts, object)}


def moving_shapes(sizes: Sizes) -> Arrays:
    """Shapes that go up or to the left: `frames`, their `labels`, and `classes`."""
    number = sizes["frames"]
    source = shapes.Shapes(frames=number, height=sizes["height"], width=sizes["width"])
    return _labelled(source, SHAPES, number, shapes.CLASSES)


def acting(sizes: Sizes) -> Arrays:
    """Walkers, one of each action: `frames`, their `labels`, and `classes`."""
    number = sizes["frames"]
    source = walkers.Walkers(
        frames=number, height=sizes["height"], width=sizes["width"]
    )
    actions = range(len(action_captions.ACTIONS))
    return _labelled(source, actions, number, action_captions.ACTIONS)


def begun(sizes: Sizes) -> Arrays:
    """Real actions, `context` [N, 3, 32, 32, 3], and the frames that `follow`."""
    sheet = stills.read_frame(ACTIONS)  # a row for each clip
    rows = np.split(sheet, sheet.shape[0] // ACTION_SIDE)
    times = sheet.shape[1] // ACTION_SIDE
    frames = np.stack([np.stack(np.split(row, times, axis=1)) for row in rows])
    return {"context": frames[:, :CONTEXT], "follow": frames[:, CONTEXT:]}


def nothing(sizes: Sizes) -> Arrays:
    """Nothing: a model that makes it all of seeds."""
    return {}


def _sprites(sizes: Sizes, frames: int) -> sprites.Sprites:
    return sprites.Sprites(
        frames=frames,
        clip_frames=frames,
        height=sizes["height"],
        width=sizes["width"],
        flow="exact",
    )


def _icons(sizes: Sizes) -> icons.Icons:
    return icons.Icons(
        bank.draw_icons(),
        frames=sizes["frames"],
        clip_frames=sizes["frames"],
        height=sizes["height"],
        width=sizes["width"],
        says="all" if WHOLE in sizes["words"] else "motion",
    )


def _labelled(
    source: sources.ClipSource,
    numbers: Sequence[int],
    frames: int,
    classes: Sequence[str],
) -> Arrays:
    """Clips with their labels, [N, ...], and the names of all classes."""
    found = [_read(source, one, frames) for one in numbers]
    stacked = {
        name: np.stack([one[name] for one in found]) for name in ("frames", "labels")
    }
    return stacked | {"classes": np.array(classes, object)}


def _read(source: sources.ClipSource, number: int, frames: int) -> Arrays:
    """Returns a clip of the test split, raw."""
    found = source.read(SPLIT, tf.constant(number, tf.int64), frames=frames)
    return {name: value.numpy() for name, value in found.items()}
