"""The convolutions of VGG19 up to conv3_3, in torchvision's layout.

    arrays = vgg19.read("vgg19.npz")
    network = vgg19.VGG19(arrays, outputs=("conv3_3",))

Its weights come with no package that this one may fetch. Where torchvision is installed,
this line makes the file:

    import numpy, torchvision
    state = torchvision.models.vgg19(weights="IMAGENET1K_V1").features[:15].state_dict()
    numpy.savez("vgg19.npz", **{f"features.{k}": v.numpy() for k, v in state.items()})

As far as conv3_3, VGG16 has the same layers with weights of its own.

References:
  [1] Simonyan, Zisserman, "Very deep convolutional networks for large-scale image
      recognition", ICLR 2015, table 1, column E.
"""

import pathlib
import zipfile
from collections.abc import Mapping

import keras
import numpy as np

from tfvideogan.core import errors
from tfvideogan.pretrained import image_network, weights

NAME = "vgg19"
# Places of the convolutions in torchvision's `features`.
PLACES = (0, 2, 5, 7, 10, 12, 14)


class VGG19(image_network.ImageNetwork):
    """The first seven convolutions of [1]; see `ImageNetwork`.

    `conv3_3` is the last one before its ReLU, all others are behind theirs.
    """

    layout = {
        "relu1_1": image_network.Convolution(64),
        "relu1_2": image_network.Convolution(64),
        "pool1": image_network.Pool(),
        "relu2_1": image_network.Convolution(128),
        "relu2_2": image_network.Convolution(128),
        "pool2": image_network.Pool(),
        "relu3_1": image_network.Convolution(256),
        "relu3_2": image_network.Convolution(256),
        "conv3_3": image_network.Convolution(256, has_relu=False),
    }

    def published_variables(self) -> dict[str, keras.Variable]:
        """Returns all variables by torchvision's names."""
        found: dict[str, keras.Variable] = {}
        for place, name in zip(PLACES, self.kernels, strict=False):
            found[f"features.{place}.weight"] = self.kernels[name]
            found[f"features.{place}.bias"] = self.biases[name]
        return found


def read(path: str) -> dict[str, np.ndarray]:
    """Reads weights from an npz with torchvision's names.

    Returns:
      The arrays by these names, kernels as [h, w, in, out].

    Raises:
      UserError: the file is none, or an array is missing or has another shape.
    """
    try:
        with np.load(pathlib.Path(path).expanduser(), allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        raise errors.UserError(
            f"`vgg19` ({path}) is no npz of VGG19's weights ({error}); "
            "tfvideogan/pretrained/vgg19.py says how to make one."
        ) from error
    found = {
        name: np.transpose(one, (2, 3, 1, 0)) if one.ndim == 4 else one
        for name, one in found.items()
    }
    network = VGG19(outputs=("conv3_3",))
    try:
        weights.assign(network.published_variables(), found)
    except ValueError as error:
        raise errors.UserError(f"`vgg19` ({path}): {error}") from error
    return found


def of_vgg16(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns VGG16's weights under the names of these layers, as a stand-in.

    Args:
      arrays: as `weights.load("vgg16")` returns them.
    """
    return {
        f"features.{place}.{ours}": arrays[f"VGG16_0/Conv_{number}/{theirs}"]
        for number, place in enumerate(PLACES)
        for ours, theirs in (("weight", "kernel"), ("bias", "bias"))
    }


def drawn(seed: int = 0) -> dict[str, np.ndarray]:
    """Draws weights that keep the size of features, as a stand-in that knows nothing."""
    generator = np.random.default_rng(seed)
    found = {}
    for name, variable in VGG19(outputs=("conv3_3",)).published_variables().items():
        shape = tuple(variable.shape)
        deviation = np.sqrt(2.0 / np.prod(shape[:-1])) if len(shape) > 1 else 0.0
        found[name] = (deviation * generator.normal(size=shape)).astype(np.float32)
    return found
