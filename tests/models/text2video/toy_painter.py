"""The export of a model of stills that paints by a table."""

import pathlib

import tensorflow as tf

from tfvideogan.core import pixels


class ToyPainter(tf.Module):
    """Answers a grey that a table has for the text's first letter, plus the seed."""

    def __init__(self, size: int = 8) -> None:
        super().__init__()
        table = tf.lookup.KeyValueTensorInitializer(
            ["t", "T"], [10, 20], value_dtype=tf.int64
        )
        self.table = tf.lookup.StaticHashTable(table, 0)
        self.offset = tf.Variable(tf.constant(100, tf.int64))
        self.size = size

    def generate(self, text: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        grey = self.table.lookup(tf.strings.substr(text, 0, 1)) + self.offset + seed
        ones = tf.ones([self.size, self.size, 3], tf.int64)
        image = tf.cast(grey[:, None, None, None] * ones, tf.uint8)
        return {"image": image, "image_float": pixels.to_float(image)}


def saved(folder: pathlib.Path, size: int = 8) -> str:
    """Saves one and returns its folder."""
    painter = ToyPainter(size)
    specs = [tf.TensorSpec([None], one) for one in (tf.string, tf.int64)]
    named = {"text": specs[0], "seed": specs[1]}
    traced = tf.function(painter.generate).get_concrete_function(**named)
    tf.saved_model.save(painter, str(folder), signatures={"generate": traced})
    return str(folder)
