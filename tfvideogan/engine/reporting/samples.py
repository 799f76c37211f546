"""Clips to look at: the same ones each time, so that progress can be seen.

sampler = Sampler(model, source, split="validation", number=4)
columns = sampler.draw()        # {"real": [4, T, H, W, 3], ...}
"""

import numpy as np
import tensorflow as tf

from tfvideogan.data import pipeline
from tfvideogan.data import source as sources
from tfvideogan.engine.training import feed
from tfvideogan.models import base


class Sampler:
    """Shows fixed clips to the slow weights of a model."""

    def __init__(
        self,
        model: base.VideoModel,
        source: sources.ClipSource,
        *,
        split: str,
        number: int,
    ) -> None:
        """Stores what to show; clips are read by the first `draw`.

        Args:
          model: built.
          source: of the clips.
          split: whose first clips are taken.
          number: how many.
        """
        self._model = model
        self._source = source
        self._split = split
        self._number = min(number, source.num_clips(split))
        self._function = tf.function(model.sample_clips)
        self._batch: feed.Block | None = None

    def draw(self) -> dict[str, np.ndarray]:
        """Returns columns of clips, [N, T, H, W, 1 or 3] in [-1, 1] by name.

        Raises:
          UserError: the source met bad data.
        """
        if self._batch is None:
            dataset = pipeline.make_dataset(
                self._source,
                self._split,
                batch_size=self._number,
                seed=0,
                training=False,
            )
            self._batch = feed.take(iter(dataset))
        with self._model.ema.swapped():
            columns = self._function(self._batch)
        return {name: value.numpy() for name, value in columns.items()}
