"""Exports that a model takes along in its own: what paints first frames, completes flow.

loaded = held_export.load("saved_models/text2image/1", option="painter")
"""

import tensorflow as tf

from tfvideogan.core import errors


def load(folder: str, *, option: str) -> tf.Module:
    """Loads an export; a model that calls it names it in `ServingFunction.held`.

    Args:
      folder: of the export's version.
      option: that named it, for the message.

    Raises:
      UserError: there is no export.
    """
    try:
        return tf.saved_model.load(folder)
    except OSError as error:
        raise errors.UserError(
            f"`{option}` ({folder!r}) is no export; name the folder of a version, such "
            "as saved_models/<name>/1."
        ) from error
