"""The words of a run's captions, which lie in its folder and beside every checkpoint.

A model knows words by their numbers. A source whose vocabulary has changed since (an icon
more in a folder, another file of captions) would give old numbers to new words, which no
shape tells: a checkpoint with other words is therefore not restored.
"""

from tfvideogan.data import source as sources

# One word in a line; the first one, number 0, is the padding and therefore empty.
FILE = "vocabulary.txt"


def files(source: sources.ClipSource) -> dict[str, str]:
    """Returns the file of a source's words by its name; none without captions."""
    vocabulary = getattr(source, "vocabulary", None)
    if vocabulary is None:
        return {}
    return {FILE: "".join(f"{word}\n" for word in vocabulary.words)}
