"""Exports on disk that judge clips: SavedModels with a signature of known inputs.

    export = exported.Export("saved_models/videoclassifier/1", what="classifier")
    classify, size = export.signature("classify", inputs=["frames"], ...)

Clips are uint8 [N, T, H, W, C] of fixed T, H, W and C.
"""

import pathlib
from collections.abc import Collection

import tensorflow as tf

from tfvideogan.core import errors, signatures
from tfvideogan.metrics.features import extractor

SAVED_MODEL = "saved_model.pb"
VARIABLES = "variables/*"
NAME_LENGTH = 8


class Export:
    """A SavedModel.

    Attributes:
      name: the model's folder and the beginning of the weights' digest.
      identity: sha256 (hex) of graph and weights.
    """

    def __init__(self, folder: str, *, what: str) -> None:
        """Loads the model.

        Args:
          folder: of a version, such as saved_models/videoclassifier/1.
          what: it should be, for messages, such as "classifier".

        Raises:
          UserError: there is none.
        """
        path = pathlib.Path(folder).expanduser()
        if not (path / SAVED_MODEL).is_file():
            raise errors.UserError(
                f"the {what} `folder` ({folder}) has no {SAVED_MODEL}; give the folder of "
                f"a version, such as saved_models/video{what}/1."
            )
        self.identity = extractor.digest(
            [path / SAVED_MODEL, *sorted(path.glob(VARIABLES))]
        )
        self.name = f"{path.resolve().parent.name}-{self.identity[:NAME_LENGTH]}"
        self._title = f"{what} {folder}"
        # Kept: a signature alone does not hold the variables that it reads.
        self._loaded = tf.saved_model.load(str(path))

    def signature(
        self,
        verb: str,
        *,
        inputs: Collection[str],
        outputs: Collection[str],
        needs: str,
    ) -> tuple[tf.types.experimental.ConcreteFunction, tuple[int, int, int, int]]:
        """Finds a signature that judges clips.

        Args:
          verb: name of the signature.
          inputs: names of all that it takes, `frames` among them.
          outputs: names of what it must give.
          needs: what is wanted and how to come by it, for messages.

        Returns:
          The signature, and the sizes T, H, W and C of the clips that it takes.

        Raises:
          UserError: there is none, or it takes or gives other things.
        """
        known = getattr(self._loaded, "signatures", {})
        if verb not in known:
            raise errors.UserError(
                f"the {self._title} has the signatures "
                f"{', '.join(sorted(known)) or 'none'}; {needs}."
            )
        function = known[verb]
        specs = function.structured_input_signature[1]
        frames = specs.get(signatures.FRAMES)
        is_fitting = (
            set(specs) == set(inputs)
            and frames.dtype == tf.uint8
            and frames.shape.rank is not None
            and None not in frames.shape[1:].as_list()
            and set(outputs) <= set(function.structured_outputs)
        )
        if not is_fitting:
            taken = ", ".join(
                f"`{key}` {one.dtype.name} {one.shape}" for key, one in specs.items()
            )
            given = ", ".join(f"`{key}`" for key in function.structured_outputs)
            raise errors.UserError(
                f"`{verb}` of the {self._title} takes {taken} and gives {given}; "
                f"{needs}, with fixed T, H, W and C."
            )
        return function, tuple(frames.shape[1:].as_list())
