"""What makes a first frame of a sentence: an exported model of stills."""

import tensorflow as tf

from tfvideogan.core import clip, errors, signatures
from tfvideogan.models import held_export


class Painter:
    """The export of a model of stills, loaded.

    Attributes:
      loaded: the export, which the model's own must hold.
    """

    def __init__(self, folder: str, spec: clip.ClipSpec) -> None:
        """Loads it.

        Args:
          folder: of the export's version, such as saved_models/text2image/1.
          spec: of the clips that its pictures start.

        Raises:
          UserError: there is no such export, it makes no pictures of text, or pictures of
            another size.
        """
        self.loaded = held_export.load(folder, option="painter")
        size = (spec.height, spec.width, spec.channels)
        self._generate = self.loaded.signatures.get(signatures.GENERATE)
        made = self._generate.structured_outputs if self._generate else {}
        if signatures.IMAGE not in made or made[signatures.IMAGE].shape[1:] != size:
            has = ", ".join(f"{name} {one.shape}" for name, one in sorted(made.items()))
            raise errors.UserError(
                f"`painter` ({folder!r}) must have a signature `generate` whose `image` is "
                f"[N, {', '.join(map(str, size))}]; it has {has or 'none'}."
            )

    def paint(self, text: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns pictures uint8 [N, H, W, C] of captions [N] and seeds [N]."""
        return self._generate(text=text, seed=seed)[signatures.IMAGE]
