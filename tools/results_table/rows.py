"""The rows of docs/results.md: what is trained, how it is judged, which scores are shown.

To add a row, add an entry to `ROWS`. Names of results are those of eval.jsonl,
`measure/subject/column`.
"""

import dataclasses

from tfvideogan.core import errors
from tfvideogan.metrics import measures

TASKS = (
    "Mask tracking",
    "Generation",
    "Prediction",
    "Text to image",
    "Text to video",
    "Inpainting",
    "Classification",
)

# Judges labelled videos of shapes; README says how its classifier is made and exported.
MOTION_SCORE = (
    "--gin_param=from tfvideogan.metrics import motion_score",
    "--gin_param=loop.run.metrics = (@motion_score.MotionScore(),)",
    "--gin_param=motion_score.MotionScore.classifier = "
    '"saved_models/videoclassifier/1"',
)
# Rollouts of a still, longer than those that were trained.
FORTY_STEPS = ("--max_clips=256", "--gin_param=FRAMES = 41", "--gin_param=JUDGED = 40")


def _read_by(
    captioner: str, window: str, metrics: tuple[str, ...] = ("CaptionAccuracy",)
) -> tuple[str, ...]:
    """Returns the options by which a captioner reads clips from their first frame on."""
    made = ", ".join(f"@captions.{metric}()" for metric in metrics)
    settings = (
        f'captioner = "saved_models/{captioner}/1"',
        "context = 0",
        f'windows = ("{window}",)',
    )
    return (
        "--gin_param=from tfvideogan.metrics import captions",
        f"--gin_param=loop.run.metrics = ({made},)",
        *(
            f"--gin_param=captions.{metric}.{setting}"
            for metric in metrics
            for setting in settings
        ),
    )


@dataclasses.dataclass(frozen=True)
class Score:
    """One score of a row.

    Attributes:
      result: its name in eval.jsonl.
      label: what it is called in a table, with its unit.
      is_lower_better: of two values.
      baselines: subjects of the same measure and column that were judged on the same
        clips and cost no training; a score in bold is better than all of them.
      rivals: rows that were trained as well; a score in bold is better than theirs, too.
      references: subjects that are shown beside it without a claim.
    """

    result: str
    label: str
    is_lower_better: bool = False
    baselines: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    references: tuple[str, ...] = ()

    def of(self, subject: str) -> str:
        """Returns the name of the same result of another subject."""
        measure, _, column = measures.split(self.result)
        return f"{measure}/{subject}/{column}"

    def difference(self, subject: str) -> str:
        """Returns the name of the difference to another subject, clip by clip."""
        return self.of(f"{measures.split(self.result)[1]} - {subject}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """One experiment.

    Attributes:
      id: `family/data`; also the folder of its runs.
      task: one of TASKS.
      title: of the model.
      link: the folder of the model.
      data: in words.
      gin_files: in the order of the command.
      bindings: of gin, for training.
      root: a macro of gin for the folder of a real data set; its value is private and
        stands in no record.
      example_root: what is printed instead.
      steps: where they differ from the gin file's.
      evaluations: options of each evaluation; their results are put together.
      split: that is judged.
      scores: what is shown, the first one first.
      remark: what a reader of the scores must know.
    """

    id: str
    task: str
    title: str
    link: str
    data: str
    gin_files: tuple[str, ...]
    bindings: tuple[str, ...] = ()
    root: str = ""
    example_root: str = ""
    steps: int | None = None
    evaluations: tuple[tuple[str, ...], ...] = ((),)
    split: str = "test"
    scores: tuple[Score, ...]
    remark: str = ""


def find(row_id: str) -> Row:
    """Returns a row by its id.

    Raises:
      UserError: there is none; the message lists what there is.
    """
    for row in ROWS:
        if row.id == row_id:
            return row
    known = ", ".join(row.id for row in ROWS)
    raise errors.UserError(f"there is no row {row_id}; choose one of {known}.")


_MASKS = tuple(
    Score(
        f"{measure}/model/{column}",
        f"{measure} at {column}",
        baselines=("flow-warped mask", "copied mask"),
    )
    for measure in ("J mean", "F mean")
    for column in ("T", "4T")
)


def _generation(*rivals: str) -> tuple[Score, ...]:
    """Scores of videos of moving shapes beside rows that are to be beaten."""
    return (
        Score(
            "ACD/model/T",
            "ACD (levels of 255)",
            is_lower_better=True,
            rivals=rivals,
            references=("real",),
        ),
        Score("moving/model/T", "clips that move", references=("real",)),
        Score(
            "speed distance/model/T",
            "distance of speeds (pixels a frame)",
            is_lower_better=True,
            rivals=rivals,
        ),
        Score(
            "motion score/model/T", "motion score", rivals=rivals, references=("real",)
        ),
    )


_PREDICTION = (
    Score(
        "PSNR/model/mean",
        "PSNR over ten steps (dB)",
        baselines=("copied", "linear"),
        references=("best of 5", "mean of 5"),
    ),
    Score("SSIM/model/mean", "SSIM over ten steps", baselines=("copied", "linear")),
    Score("frozen/model/+1..+10", "frozen steps", references=("real",)),
)
_TEXT_TO_VIDEO = (
    *(
        Score(
            f"centroid error/model/+{step}",
            f"centroid error at +{step} (pixels)",
            is_lower_better=True,
            baselines=("copied",),
        )
        for step in (10, 40)
    ),
    Score(
        "caption accuracy/model/+1..+16",
        "caption accuracy",
        references=("real", "swapped"),
    ),
    Score("PSNR/model/+10", "PSNR at +10 (dB)", references=("copied",)),
)
_FILLS = ("mean", "nearest copy", "Telea", "Navier-Stokes", "propagation")
_COMPLETION = (
    Score("PSNR in holes/completed/all", "PSNR in holes (dB)", baselines=_FILLS),
    Score(
        "PSNR in holes, seen/completed/all",
        "where another frame shows it",
        baselines=_FILLS,
    ),
    Score(
        "PSNR in holes, never seen/completed/all", "where none does", baselines=_FILLS
    ),
    Score("SSIM/completed/all", "SSIM of whole frames", baselines=_FILLS),
    Score(
        "E_warp[DIS] in holes/completed/all",
        "E_warp[DIS] in holes",
        is_lower_better=True,
        references=("real", "propagation"),
    ),
)
_HOLES_REMARK = (
    "128 clips with random shapes, strokes, squares, objects of other clips, boxes and "
    "captions as holes, static and moving, 5 to 40 % of a frame. The fills beside it need "
    "no training."
)
_ACCURACY = (Score("accuracy/model/T", "accuracy"),)
_CAPTIONS = (Score("caption accuracy/model/T", "caption accuracy"),)
_STEPS_REMARK = "A mean over ten steps: the table has each step."


def _completion(family: str, title: str) -> Row:
    """Returns the row of a family that fills holes, on procedural sprites."""
    return Row(
        id=f"{family}/sprites",
        task="Inpainting",
        title=title,
        link=f"tfvideogan/models/{family}",
        data="procedural sprites with holes, 64x64",
        gin_files=(f"gin/{family}.gin",),
        evaluations=(("--max_clips=128",),),
        scores=_COMPLETION,
        remark=_HOLES_REMARK,
    )


ROWS = (
    Row(
        id="foregan/sprites",
        task="Mask tracking",
        title="ForeGAN",
        link="tfvideogan/models/foregan",
        data="procedural sprites, 64x64, T = 8, flow by DIS",
        gin_files=("gin/foregan.gin",),
        scores=_MASKS,
        remark="Column kT is the mean over frames 1 to kT - 1 of one rollout; only the "
        "mask of frame 0 is given. *Copied* keeps it, *flow-warped* moves it by the same "
        "estimated flow.",
    ),
    Row(
        id="foregan/davis",
        task="Mask tracking",
        title="ForeGAN",
        link="tfvideogan/models/foregan",
        data="DAVIS-2016, eight sequences to train on, two to test, 96x168, T = 8",
        gin_files=("gin/foregan.gin", "gin/foregan/davis.gin"),
        root="DAVIS_ROOT",
        example_root="/data/DAVIS",
        scores=_MASKS,
        remark="Eight training sequences are too few: masks spread over what moves like "
        "the object and miss thin parts. An interval over two test sequences says next "
        "to nothing.",
    ),
    Row(
        id="mocogan/shapes",
        task="Generation",
        title="MoCoGAN: content and motion, our form",
        link="tfvideogan/models/mocogan",
        data="procedural moving shapes, 64x64, T = 16",
        gin_files=("gin/mocogan.gin",),
        evaluations=((), MOTION_SCORE),
        scores=_generation("mocogan_paper/shapes"),
        remark="A low ACD is worth something only beside motion. Steps are those of the "
        "same time as `mocogan_paper/shapes` by the speed of each alone.",
    ),
    Row(
        id="mocogan_paper/shapes",
        task="Generation",
        title="MoCoGAN as published",
        link="tfvideogan/models/mocogan/paper",
        data="procedural moving shapes, 64x64, T = 16",
        gin_files=("gin/mocogan/paper.gin",),
        steps=390,
        evaluations=((), MOTION_SCORE),
        scores=_generation(),
        remark="390 steps of 8 clips; the paper took 100,000 of 32.",
    ),
    Row(
        id="prediction/strips",
        task="Prediction",
        title="MoCoGAN for prediction: 1 to 3 frames, ten that follow; content and "
        "motion swapped",
        link="tfvideogan/models/mocogan/prediction",
        data="actions in strips (MoCoGAN's own Weizmann strips), every second frame, "
        "32x32",
        gin_files=("gin/mocogan/prediction.gin", "gin/data/strips.gin"),
        bindings=("strips.Strips.test = 0.2",),
        root="STRIPS_ROOT",
        example_root="/data/actions",
        steps=2200,
        scores=_PREDICTION,
        remark=f"{_STEPS_REMARK} 12 test clips of people who are in the 38 training "
        "clips, too; three frames are given.",
    ),
    Row(
        id="prediction/walkers",
        task="Prediction",
        title="MoCoGAN for prediction",
        link="tfvideogan/models/mocogan/prediction",
        data="procedural walkers, 32x32, grey",
        gin_files=("gin/mocogan/prediction.gin",),
        scores=_PREDICTION,
        remark=f"{_STEPS_REMARK} Three frames are given. What is predicted from the mean "
        "of the latents blurs limbs: half of its steps hardly move, of real clips none. "
        "Sampled futures fall apart within ten frames, and on average lie below the "
        "copied frame.",
    ),
    Row(
        id="text2image/icons",
        task="Text to image",
        title="A sentence to a picture",
        link="tfvideogan/models/text2image",
        data="procedural icons, 64x64",
        gin_files=("gin/text2image.gin",),
        evaluations=(
            ("--max_clips=256",),
            ("--max_clips=256", *_read_by("stillcaptioner", "+1..+1")),
        ),
        scores=(
            Score(
                "caption accuracy/model/+1..+1",
                "colour and shape right",
                references=("real",),
            ),
            Score("alike/model/all", "seeds that look alike", is_lower_better=True),
        ),
        remark="`saved_models/stillcaptioner`, a captioner of stills, names colour and "
        "shape; *real* says how good it is. Each icon was trained, at other places.",
    ),
    Row(
        id="text2video/icons",
        task="Text to video",
        title="A sentence and one picture to a video",
        link="tfvideogan/models/text2video",
        data="procedural icons, 64x64, combinations held out",
        gin_files=("gin/text2video.gin",),
        evaluations=(
            FORTY_STEPS,
            # The given frame included: what a caption says of the beginning is true there.
            FORTY_STEPS
            + _read_by("videocaptioner", "+1..+16", ("CaptionAccuracy", "CaptionSwap")),
        ),
        scores=_TEXT_TO_VIDEO,
        remark="One frame is given. Icons come back to where they were after 8, 10 or 12 "
        "frames: there the copied frame is exact. Captions are read by "
        "`saved_models/videocaptioner`, which *real* clips show how good it is; *swapped* "
        "is the same frame with another caption.",
    ),
    _completion("cpnet", "CPNet: what other frames show is copied, the rest painted"),
    _completion("opn", "OPN: holes painted peel by peel"),
    _completion("vinet", "VINet: filled from neighbours and the last output"),
    Row(
        id="classifier/shapes",
        task="Classification",
        title="VideoClassifier, which judges motion",
        link="tfvideogan/models/classifier",
        data="procedural moving shapes, 64x64, T = 16, two classes",
        gin_files=("gin/classifier.gin",),
        scores=_ACCURACY,
    ),
    Row(
        id="classifier/walkers",
        task="Classification",
        title="VideoClassifier",
        link="tfvideogan/models/classifier",
        data="procedural walkers, 64x64, T = 16, grey",
        gin_files=("gin/classifier.gin", "gin/data/walkers.gin"),
        scores=_ACCURACY,
    ),
    Row(
        id="captioner_still/icons",
        task="Classification",
        title="VideoCaptioner of stills, which judges text to image",
        link="tfvideogan/models/captioner",
        data="procedural icons, 64x64, single frames",
        gin_files=("gin/captioner.gin", "gin/captioner/still.gin"),
        evaluations=(("--max_clips=512",),),
        scores=_CAPTIONS,
        remark="Right is a caption whose colour and shape are right. Each icon was "
        "trained, at other places and angles.",
    ),
    Row(
        id="captioner/icons",
        task="Classification",
        title="VideoCaptioner, which judges text to video",
        link="tfvideogan/models/captioner",
        data="procedural icons, 64x64, T = 16, whole captions, combinations held out",
        gin_files=("gin/captioner.gin",),
        evaluations=(("--clips=512",),),
        scores=_CAPTIONS,
        remark="Right is a caption whose words are all right: colour, shape, motion, "
        "first direction and pace. No pair of icon and motion was trained.",
    ),
)
