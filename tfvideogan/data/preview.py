"""What a data set holds, for eyes: its words, and contact sheets and films of some clips.

lines = [*preview.words(source), *preview.write(source, "train", folder)]
"""

import itertools
import pathlib
from collections.abc import Mapping

import numpy as np
from PIL import Image

from tfvideogan.core import clip
from tfvideogan.data import source
from tfvideogan.media import sheets, writer

SHOWN_CLIPS = 4
# Of long clips only the beginning is shown.
SHOWN_FRAMES = 256
SHOWN_LINES = 5


def words(chosen: source.ClipSource) -> list[str]:
    """Returns what some sources know: classes, vocabulary, notes, what was left out."""
    vocabulary = getattr(chosen, "vocabulary", None)
    named = {
        "classes": getattr(chosen, "class_names", ()),
        "vocabulary": vocabulary.words[1:] if vocabulary is not None else (),
    }
    lines = [f"{title}: {len(n)}: {' '.join(n)}" for title, n in named.items() if n]
    lines += [f"note: {note}" for note in getattr(chosen, "notes", ())]
    left_out = getattr(chosen, "left_out", list)()
    lines += [f"left out: {line}" for line in left_out[:SHOWN_LINES]]
    if len(left_out) > SHOWN_LINES:
        lines.append(f"left out: {len(left_out) - SHOWN_LINES} more")
    return lines


def write(chosen: source.ClipSource, split: str, folder: pathlib.Path) -> list[str]:
    """Writes a contact sheet and a film of the first clips of a split.

    Args:
      chosen: the data set.
      split: one of its splits.
      folder: exists.

    Returns:
      Lines: the captions of the clips, and where sheet and film are.
    """
    clips = itertools.islice(chosen.clips(split), SHOWN_CLIPS)
    shown = [_beginning(one) for one in clips]
    vocabulary = getattr(chosen, "vocabulary", None)
    lines = []
    if vocabulary is not None:
        captions = [vocabulary.decode(one["caption_tokens"]) for one in shown]
        lines = [f"  caption: {caption}" for caption in captions]
    sheet = folder / f"{chosen.name}-{split}.png"
    Image.fromarray(sheets.contact_sheet(shown)).save(sheet)
    film = folder / f"{chosen.name}-{split}.mp4"
    writer.write_video(film, sheets.side_by_side(shown[0]), chosen.spec.fps)
    return [*lines, f"  wrote {sheet} and {film}"]


def _beginning(one: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    # A copy, or the whole clip would stay in memory.
    return {
        key: value if key in clip.WHOLE_CLIP_KEYS else value[:SHOWN_FRAMES].copy()
        for key, value in one.items()
    }
