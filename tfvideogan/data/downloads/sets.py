"""Public data sets that are read here: where their files lie, and what is in them.

Digests are those that tensorflow-datasets 4.9 (SHA-256), vipy (KTH, SHA-1) and git
(MoCoGAN's strips, of whole folders) keep; a file without one is named when it is fetched.
"""

import dataclasses
import pathlib
import re
from collections.abc import Callable, Mapping

from tfvideogan.core import errors

# From the name of a file in an archive to its path in the folder; None leaves it out.
Place = Callable[[str], str | None]

_KTH = "http://www.csc.kth.se/cvap/actions"
_MNIST = "https://storage.googleapis.com/cvdf-datasets/mnist"
_MOCOGAN = "937a99de73a3385fe0c0d1cde65dfa8a2c4177ec"
_UCF_FILM = re.compile(r"v_(\w+)_g\d+_c\d+\.avi")
# The one class whose films spell it otherwise than the lists.
_UCF_CLASSES = {"HandStandPushups": "HandstandPushups"}


@dataclasses.dataclass(frozen=True)
class File:
    """One file that is fetched.

    Attributes:
      url: where it lies.
      digest: "sha256:..." or "sha1:..." of its bytes, None where none is known.
      size: its bytes, 0 where that is not known.
      place: unpacks an archive; None keeps the file as it is.
    """

    url: str
    digest: str | None = None
    size: int = 0
    place: Place | None = None

    @property
    def name(self) -> str:
        """Name of the file."""
        return pathlib.PurePosixPath(self.url).name


@dataclasses.dataclass(frozen=True)
class DataSet:
    """What is fetched under one name.

    Attributes:
      about: what it is, in a few words.
      terms: of its use.
      flags: of a door that reads it, with {root} for its folder.
      files: all of them.
      trees: git's digests of folders in it, as if no file were executable.
    """

    about: str
    terms: str
    flags: tuple[str, ...]
    files: tuple[File, ...]
    trees: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes that are fetched, as far as they are known."""
        return sum(file.size for file in self.files)


def below(folder: str) -> Place:
    """Returns the place of what lies below a folder of an archive: without that folder."""

    def place(name: str) -> str | None:
        start = f"{folder}/"
        return name[len(start) :] if name.startswith(start) else None

    return place


def into(folder: str) -> Place:
    """Returns the place of files that all come into one folder, whatever they lay in."""
    return lambda name: f"{folder}/{pathlib.PurePosixPath(name).name}"


def _strip(name: str) -> str | None:
    """Of MoCoGAN's repository the strips: mocogan-<commit>/data/actions/0/0.jpg."""
    _, _, path = name.partition("/")
    return path.removeprefix("data/") if path.startswith("data/") else None


def _ucf_film(name: str) -> str | None:
    """Films by their class, as the lists name them."""
    found = _UCF_FILM.fullmatch(pathlib.PurePosixPath(name).name)
    if found is None:
        return None
    return f"UCF-101/{_UCF_CLASSES.get(found[1], found[1])}/{found[0]}"


def _kth(action: str, digest: str) -> File:
    return File(f"{_KTH}/{action}.zip", f"sha1:{digest}", place=into(action))


SETS = {
    "davis": DataSet(
        "DAVIS-2017 at 480p: 90 videos with masks, those of 2016 among them",
        "research; Pont-Tuset et al., arXiv:1704.00675",
        ("--gin_file=gin/data/davis.gin", "--gin_param=DAVIS_ROOT = {root}")
        + ('--gin_param=davis.Davis.year = "2017"',),
        (
            File(
                "https://data.vision.ee.ethz.ch/csergi/share/davis/"
                "DAVIS-2017-trainval-480p.zip",
                "sha256:e3d0b5b77c3d031b000a19e0e25e3e2cac65d183755601bc2cf066df1a2aa492",
                832_766_765,
                below("DAVIS"),
            ),
        ),
    ),
    "kth": DataSet(
        "KTH: six actions of 25 people",
        "research; Schuldt, Laptev, Caputo, ICPR 2004",
        ("--gin_file=gin/data/kth.gin", "--gin_param=KTH_ROOT = {root}"),
        (
            _kth("walking", "a3e81537271a0ab4576591774baa38c2d97b7e3a"),
            _kth("jogging", "21943bdbcef9dad106db0d74661e49eaeaa15a25"),
            _kth("running", "da83bb313edfd4455fffdda6263696fa10d43c6f"),
            _kth("boxing", "adb36ed9c29c846d44d2ba15f348bd115c951bbd"),
            _kth("handwaving", "0792f7cd69f7f895a205c08ac212ddaa7177e370"),
            _kth("handclapping", "d3b81261aa822ef63d0d1523f945bfaff27814d2"),
            File(f"{_KTH}/00sequences.txt"),
        ),
    ),
    "ucf101": DataSet(
        "UCF-101: 13,320 films of 101 actions, and the three lists of train and test",
        "research; Soomro, Zamir, Shah, CRCV-TR-12-01",
        ("--gin_file=gin/data/ucf101.gin", "--gin_param=UCF_ROOT = {root}"),
        (
            File(
                "https://storage.googleapis.com/thumos14_files/UCF101_videos.zip",
                "sha256:dabf56f573cd19c79e096563529fec8126a2a34e18e10c72eb621dd687532b0d",
                6_960_400_115,
                _ucf_film,
            ),
            File(
                "https://www.crcv.ucf.edu/data/UCF101/"
                "UCF101TrainTestSplits-RecognitionTask.zip",
                "sha256:5c0d1a53b8ed364a2ac830a73f405e51bece7d98ce1254fd19ed4a36b224bd27",
                113_943,
                into("ucfTrainTestlist"),
            ),
        ),
    ),
    "moving_mnist": DataSet(
        "MNIST, of which digits are moved, and the test videos of Moving MNIST",
        "CC BY-SA 3.0 (MNIST); Srivastava, Mansimov, Salakhutdinov, ICML 2015",
        ("--gin_file=gin/data/moving_mnist.gin", "--gin_param=MNIST_ROOT = {root}"),
        (
            File(
                f"{_MNIST}/train-images-idx3-ubyte.gz",
                "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                9_912_422,
            ),
            File(
                f"{_MNIST}/train-labels-idx1-ubyte.gz",
                "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                28_881,
            ),
            File(
                f"{_MNIST}/t10k-images-idx3-ubyte.gz",
                "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                1_648_877,
            ),
            File(
                f"{_MNIST}/t10k-labels-idx1-ubyte.gz",
                "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                4_542,
            ),
            File(
                "http://www.cs.toronto.edu/~nitish/unsupervised_video/mnist_test_seq.npy",
                "sha256:c2a3e8d3939c001ab77bf543f130157424efa486bb4d0974d2cebb773b13f8b3",
                819_200_096,
            ),
        ),
    ),
    "strips": DataSet(
        "MoCoGAN's strips: 72 of actions (of the Weizmann set), 8,000 of moving shapes",
        "research; Tulyakov et al., CVPR 2018",
        ("--gin_file=gin/data/strips.gin", "--gin_param=STRIPS_ROOT = {root}/actions"),
        (
            File(
                f"https://github.com/sergeytulyakov/mocogan/archive/{_MOCOGAN}.tar.gz",
                place=_strip,
            ),
        ),
        trees={
            "actions": "e8fff0d27b4be88a63897efac52387800096ff52",
            "shapes": "4a058a75606dfa4de55fd66947ec2649c3140298",
        },
    ),
}


def find(name: str) -> DataSet:
    """Returns a data set by its name.

    Raises:
      UserError: there is none; the message lists what there is.
    """
    if name not in SETS:
        raise errors.UserError(
            f"{name} is no data set that can be fetched; choose one of {', '.join(SETS)}."
        )
    return SETS[name]
