"""The table of docs/gallery.md: which export is shown, of what, how it is drawn.

To add a family, add an entry to `ENTRIES`; once its export lies in saved_models/, draw it,
look at the picture, and write into `fails` what it shows of the model's faults.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
from gallery_table import clips, drawings

from tfvideogan.library import model as library

SPRITES = "procedural sprites of the test split"
ICONS = "procedural icons of the test split, combinations of icon and motion held out"
WALKERS = "procedural walkers of the test split"
WORDS = "The file has the words by number; `tfvideogan demo` shows them."
COMPLETED = (
    "Two clips, three rows each: given, completed, as it was. Left to right: moments of "
    "the clip. The first clip has a hole of any shape, the second one that of an object."
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """One export.

    Attributes:
      name: its folder in saved_models/, and its picture's name.
      family: its folder in tfvideogan/models/.
      title: what it makes of what.
      gin_files: that train it.
      asks: flags of `tfvideogan generate`; {input} is the stem of the inputs' files.
      inputs: files that `asks` names, by the array of `give` that goes into each.
      give: makes the inputs; takes the sizes that the export was trained on.
      data: what the inputs are.
      draw: makes the picture, a film [T, height, width, 3] uint8.
      is_film: whether the picture plays.
      shows: what is where in the picture.
      fails: what the picture shows that is wrong; empty until there is an export.
    """

    name: str
    family: str
    title: str
    gin_files: tuple[str, ...]
    asks: str
    inputs: tuple[tuple[str, str], ...] = ()
    give: Callable[[clips.Sizes], clips.Arrays]
    data: str
    draw: Callable[[library.Model, clips.Arrays], np.ndarray]
    is_film: bool = False
    shows: str
    fails: str = ""

    @property
    def picture(self) -> str:
        """The name of the picture's file."""
        return f"{self.name}.{'gif' if self.is_film else 'png'}"

    @property
    def workdir(self) -> str:
        """The run folder of the commands that make the export."""
        return f"runs/{self.name}"


def _completion(name: str, family: str, title: str, fails: str = "") -> Entry:
    """The entry of a family that fills holes."""
    return Entry(
        name=name,
        family=family,
        title=title,
        gin_files=(f"gin/{family}.gin",),
        asks="--input={input}_1.mp4 --mask={input}_holes_1.gif --crop=off "
        "--output=out.mp4",
        inputs=(("_1.mp4", "frames_1"), ("_holes_1.gif", "holes_1")),
        give=clips.with_holes,
        data=SPRITES,
        draw=drawings.completed,
        shows=COMPLETED,
        fails=fails,
    )


ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="foregan",
        family="foregan",
        title="ForeGAN: one mask, every mask",
        gin_files=("gin/foregan.gin",),
        asks="--input={input}.mp4 --mask={input}_mask.png --output=out.mp4 "
        "--outputs=video,mask,background",
        inputs=((".mp4", "frames"), ("_mask.png", "mask")),
        give=clips.object_and_mask,
        data=SPRITES,
        draw=drawings.layers,
        shows="Top to bottom: the video; the mask that is found, in red; the object in "
        "it; the scene behind the object. Given are the video and the first mask.",
        fails="The rim of the mask takes in pixels of the ground, here and there. What the "
        "object hides is a smooth patch in the scene, without the texture around it.",
    ),
    Entry(
        name="mocogan",
        family="mocogan",
        title="MoCoGAN: videos of seeds",
        gin_files=("gin/mocogan.gin",),
        asks="--samples=9 --output=grid.gif",
        give=clips.nothing,
        data="procedural moving shapes are what it was trained on",
        draw=drawings.seeds,
        is_film=True,
        shows="Nine seeds.",
        fails="Edges have specks, one ground in nine is not quite black, colours drift a "
        "little within a clip, and nearly all shapes are squares.",
    ),
    Entry(
        name="prediction",
        family="mocogan/prediction",
        title="MoCoGAN for prediction: three frames, what follows",
        gin_files=("gin/mocogan/prediction.gin", "gin/data/strips.gin"),
        asks="--input={input}.mp4 --max_frames=3 --output=out.mp4",
        inputs=((".mp4", "context"),),
        give=clips.begun,
        data="test clips of the actions that MoCoGAN's authors published, 32x32",
        draw=drawings.followed,
        shows="Four clips, two rows each: what followed, what is predicted; both begin "
        "with the three frames that are given. The people are in training clips, too.",
        fails="Who bends down stays upright and fades to a smooth shape; the legs of the "
        "jumping jack do too, and its arms are short and late. 12 test clips are few.",
    ),
    Entry(
        name="dvdgan",
        family="dvdgan",
        title="DVD-GAN: videos of a class",
        gin_files=("gin/dvdgan.gin",),
        asks="--category=5 --samples=4 --output=grid.gif",
        give=clips.nothing,
        data="procedural walkers are what it was trained on",
        draw=drawings.classes,
        is_film=True,
        shows="A column for each action, two seeds each.",
        fails="Who runs or jogs is a smear in the first frames, and the ground has a faint "
        "grid of dots. From frame to frame clips change 0.59 times as much as real ones.",
    ),
    Entry(
        name="text2image",
        family="text2image",
        title="A sentence to a picture",
        gin_files=("gin/text2image.gin",),
        asks='--text="the red star is moving up and down" --samples=6 --output=grid.png',
        give=clips.sentences,
        data="captions of " + ICONS,
        draw=drawings.painted,
        shows="Six seeds of each sentence.",
        fails="The ground is not quite black, and has a faint weave; the heart that turns "
        "in place is a bell.",
    ),
    Entry(
        name="text2video",
        family="text2video",
        title="A sentence and a picture to a video",
        gin_files=("gin/text2video.gin",),
        asks='--input={input}.png --text="the red star is moving up and down" '
        "--steps=16 --output=out.mp4",
        inputs=((".png", "frames"),),
        give=clips.captioned,
        data=ICONS,
        draw=drawings.acted_out,
        shows="Of each caption the true clip, and what is made of its first frame.",
        fails="What keeps upright tilts by a few degrees; what turns in place is a few "
        "degrees off at the end.",
    ),
    Entry(
        name="deblurgan",
        family="deblurgan",
        title="DeblurGAN: blurred to sharp",
        gin_files=("gin/deblurgan.gin", "gin/deblurgan/davis.gin"),
        asks="--input={input}.mp4 --output=out.mp4",
        inputs=((".mp4", "frames"),),
        give=clips.shaken,
        data=SPRITES + " under a shake of the camera that training did not have",
        draw=drawings.restored,
        shows="Top to bottom: blurred, restored, sharp.",
        fails="Edges are sharp again, but smooth clouds get creases that were never there: "
        "it was trained on real video, and drawn clips are new to it.",
    ),
    _completion(
        "opn",
        "opn",
        "OPN: holes filled with what attention reads in other frames",
        fails="In the large hole the object's outline is guessed, and a faint grid of the "
        "4x4 pixels of a place is left on it.",
    ),
    _completion(
        "cpnet",
        "cpnet",
        "CPNet: holes filled with what other frames show",
        fails="What no frame shows becomes a cloud of the colours around it, with specks "
        "and thin lines that move; the object ends where the hole begins.",
    ),
    _completion(
        "vinet",
        "vinet",
        "VINet: holes filled frame by frame, with a memory",
        fails="In the large hole the object becomes a smear and the ground a smooth cloud. "
        "What neighbours show, as in the second clip, is right but a little soft.",
    ),
    Entry(
        name="flowcompletion",
        family="flow_completion",
        title="Flow completion: what moves in holes",
        gin_files=("gin/flow_completion.gin",),
        asks="--input={input}_1.mp4 --mask={input}_holes_1.gif --output=flow.npz",
        inputs=(("_1.mp4", "frames_1"), ("_holes_1.gif", "holes_1")),
        give=clips.with_holes,
        data=SPRITES,
        draw=drawings.flow_completed,
        shows="Two clips, four rows each: given, forward flow as DIS finds it around the "
        "holes, completed, and as DIS finds it in the whole clip. Hue is direction, "
        "strength is length.",
        fails="An object that comes in at the hole moves in less of it than it fills, and "
        "edges between two motions are softer than they should be.",
    ),
    Entry(
        name="videoclassifier",
        family="classifier",
        title="VideoClassifier: the class of a clip",
        gin_files=("gin/classifier.gin",),
        asks="--input={input}.mp4 --output=codes.npz",
        inputs=((".mp4", "frames"),),
        give=clips.moving_shapes,
        data="procedural moving shapes of the test split",
        draw=drawings.classified,
        shows="Each clip with its class and the probabilities of the two.",
        fails="All are right, the square of the third row with little confidence. None of "
        "the first 48 clips of the split is read wrong.",
    ),
    Entry(
        name="actionclassifier",
        family="classifier",
        title="VideoClassifier: the action of a clip",
        gin_files=("gin/classifier.gin", "gin/data/walkers.gin"),
        asks="--input={input}.mp4 --output=codes.npz",
        inputs=((".mp4", "frames"),),
        give=clips.acting,
        data=WALKERS,
        draw=drawings.classified,
        shows="Each clip with its action and the two that are most probable.",
        fails="All are right. Of the 480 clips of the split 1.9 % are read wrong, jogging "
        "most often: 7.5 %.",
    ),
    Entry(
        name="videocaptioner",
        family="captioner",
        title="VideoCaptioner: the words of a clip",
        gin_files=("gin/captioner.gin",),
        asks="--input={input}.mp4 --output=words.npz",
        inputs=((".mp4", "frames"),),
        give=clips.captioned,
        data=ICONS,
        draw=drawings.read_aloud,
        shows="Each clip with its caption and what is read in it.",
        fails="The last two are what it reads wrong among the first 48 clips of the split: "
        "a star taken for a crescent, and a start upwards for one downwards. " + WORDS,
    ),
    Entry(
        name="stillcaptioner",
        family="captioner",
        title="VideoCaptioner of stills",
        gin_files=("gin/captioner.gin", "gin/captioner/still.gin"),
        asks="--input={input}.png --output=words.npz",
        inputs=((".png", "frames"),),
        give=clips.captioned,
        data="procedural icons of the test split, single frames",
        draw=drawings.read_aloud,
        shows="Each still with its caption and what is read in it.",
        fails="None of the first 48 stills of the split is read wrong; it knows these "
        "twelve shapes in eight colours before black, and nothing else. " + WORDS,
    ),
)
