"""The rows of docs/results.md: what is trained, how it is judged, which scores are shown.

To add a row, add an entry to `ROWS`. Names of results are those of eval.jsonl,
`measure/subject/column`.
"""

from collections.abc import Sequence

from results_table import rows

from tfvideogan.core import errors


def _motion_score(classifier: str) -> tuple[str, ...]:
    """Returns the options by which an exported classifier reads generated clips."""
    return (
        "--gin_param=from tfvideogan.metrics import motion_score",
        "--gin_param=loop.run.metrics = (@motion_score.MotionScore(),)",
        "--gin_param=motion_score.MotionScore.classifier = "
        f'"saved_models/{classifier}/1"',
    )


# Distances of sets of walkers in the features of a classifier of their actions.
ACTION_DISTANCE = (
    "--gin_param=from tfvideogan.metrics import video_distance",
    "--gin_param=from tfvideogan.metrics.features import classifier",
    "--gin_param=loop.run.metrics = (@video_distance.VideoDistance(),)",
    "--gin_param=video_distance.VideoDistance.extractor = @classifier.Classifier()",
    '--gin_param=classifier.Classifier.folder = "saved_models/actionclassifier/1"',
)
# As protocol davis_deblur_shake.
WHOLE_FRAMES = (
    "--gin_param=CROP = None",
    "--gin_param=FRAMES = 9",
    "--gin_param=restoration.RestorationQuality.has_lpips = True",
)
OF_ACTIONS = "[actionclassifier-d112f7ed]"
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


_MASKS = tuple(
    rows.Score(
        f"{measure}/model/{column}",
        f"{measure} at {column}",
        baselines=("flow-warped mask", "copied mask"),
    )
    for measure in ("J mean", "F mean")
    for column in ("T", "4T")
)


def _generation(*rivals: str) -> tuple[rows.Score, ...]:
    """Scores of videos of moving shapes beside rows that are to be beaten."""
    return (
        rows.Score(
            "ACD/model/T",
            "ACD (levels of 255)",
            is_lower_better=True,
            rivals=rivals,
            references=("real",),
        ),
        rows.Score("moving/model/T", "clips that move", references=("real",)),
        rows.Score(
            "speed distance/model/T",
            "distance of speeds (pixels a frame)",
            is_lower_better=True,
            rivals=rivals,
        ),
        rows.Score(
            "motion score/model/T", "motion score", rivals=rivals, references=("real",)
        ),
    )


_PREDICTION = (
    rows.Score(
        "PSNR/model/mean",
        "PSNR over ten steps (dB)",
        baselines=("copied", "linear"),
        references=("best of 5", "mean of 5"),
    ),
    rows.Score(
        "SSIM/model/mean", "SSIM over ten steps", baselines=("copied", "linear")
    ),
    rows.Score("frozen/model/+1..+10", "frozen steps", references=("real",)),
)
_CENTROIDS = tuple(
    rows.Score(
        f"centroid error/model/+{step}",
        f"centroid error at +{step} (pixels)",
        is_lower_better=True,
        baselines=("copied",),
    )
    for step in (10, 40)
)
_AT_TEN = rows.Score("PSNR/model/+10", "PSNR at +10 (dB)", references=("copied",))
_FILLS = ("mean", "nearest copy", "Telea", "Navier-Stokes", "membrane", "propagation")


def _completed(*rivals: str) -> tuple[rows.Score, ...]:
    """Scores of holes that a model filled, beside rows that are to be beaten."""
    shown = (
        ("", "PSNR in holes (dB)"),
        (", seen", "where another frame shows it"),
        (", never seen", "where none does"),
    )
    return (
        *(
            rows.Score(
                f"PSNR in holes{part}/completed/all",
                label,
                baselines=_FILLS,
                rivals=rivals,
            )
            for part, label in shown
        ),
        rows.Score(
            "LPIPS-Alex/completed/all",
            "LPIPS",
            is_lower_better=True,
            baselines=_FILLS,
            rivals=rivals,
        ),
    )


_BY_AUTO = (
    rows.Score(
        "PSNR in holes/auto/all",
        "PSNR in holes by `--method=auto` (dB)",
        baselines=(*_FILLS, "completed"),
    ),
    rows.Score(
        "LPIPS-Alex/auto/all",
        "LPIPS by `--method=auto`",
        is_lower_better=True,
        baselines=(*_FILLS, "completed"),
    ),
    rows.Score(
        "E_warp[DIS] in holes/auto/all",
        "E_warp[DIS] in holes by `--method=auto`",
        is_lower_better=True,
        references=("real", "propagation", "completed"),
    ),
)
_LPIPS = ("--gin_param=completion.CompletionQuality.has_lpips = True",)
_HOLES_REMARK = (
    "64 clips with random shapes, strokes, squares, objects of other clips, boxes and "
    "captions as holes, static and moving, 5 to 40 % of a frame. The fills beside it need "
    "no training."
)
_BY_COMPLETED_FLOW = (
    "By `--method=auto` pixels are propagated along flow that "
    "`saved_models/flowcompletion` completes."
)
_ACCURACY = (rows.Score("accuracy/model/T", "accuracy"),)
_CAPTIONS = (rows.Score("caption accuracy/model/T", "caption accuracy"),)
_STEPS_REMARK = "A mean over ten steps: the table has each step."


def _with_flow(model: str) -> tuple[str, ...]:
    """Returns the options of clips of 18 frames, whose flow a network completes."""
    return (
        "--gin_param=FRAMES = 18",
        f'--gin_param={model}.flow_completer = "saved_models/flowcompletion/1"',
    )


def _completion(
    family: str, model: str, title: str, *options: str, rivals: Sequence[str] = ()
) -> rows.Row:
    """Returns the row of a family that fills holes, on procedural sprites."""
    return rows.Row(
        id=f"{family}/sprites",
        task="Inpainting",
        title=title,
        link=f"tfvideogan/models/{family}",
        data="procedural sprites with holes, 64x64",
        gin_files=(f"gin/{family}.gin",),
        evaluations=((*options, *_with_flow(model), "--method=auto", *_LPIPS),),
        scores=(*_completed(*rivals), *_BY_AUTO),
        remark=f"{_HOLES_REMARK} {_BY_COMPLETED_FLOW}",
    )


ROWS = (
    rows.Row(
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
    rows.Row(
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
    rows.Row(
        id="mocogan/shapes",
        task="Generation",
        title="MoCoGAN: content and motion, our form",
        link="tfvideogan/models/mocogan",
        data="procedural moving shapes, 64x64, T = 16",
        gin_files=("gin/mocogan.gin",),
        evaluations=((), _motion_score("videoclassifier")),
        scores=_generation("mocogan_paper/shapes"),
        remark="A low ACD is worth something only beside motion. Steps are those of the "
        "same time as `mocogan_paper/shapes` by the speed of each alone.",
    ),
    rows.Row(
        id="mocogan_paper/shapes",
        task="Generation",
        title="MoCoGAN as published",
        link="tfvideogan/models/mocogan/paper",
        data="procedural moving shapes, 64x64, T = 16",
        gin_files=("gin/mocogan/paper.gin",),
        steps=390,
        evaluations=((), _motion_score("videoclassifier")),
        scores=_generation(),
        remark="390 steps of 8 clips; the paper took 100,000 of 32.",
    ),
    rows.Row(
        id="dvdgan/walkers",
        task="Generation",
        title="DVD-GAN, class-conditional, our form",
        link="tfvideogan/models/dvdgan",
        data="procedural walkers, six actions, 64x64, T = 16, grey",
        gin_files=("gin/dvdgan.gin",),
        evaluations=tuple(
            ("--max_clips=256", *options)
            for options in ((), _motion_score("actionclassifier"), ACTION_DISTANCE)
        ),
        scores=(
            rows.Score(
                "motion score/model/T",
                "action that it was asked for",
                references=("real",),
            ),
            rows.Score(
                f"FVD{OF_ACTIONS}/model/16 frames, n=256",
                "Fréchet distance of features of actions",
                is_lower_better=True,
                references=("floor", "frozen", "shuffled"),
            ),
            rows.Score("change ratio/model/all", "change from frame to frame, of real"),
            rows.Score("moving/model/T", "clips that move", references=("real",)),
        ),
        remark="`saved_models/actionclassifier` names the actions; *real* says how good it "
        "is, *floor* is the distance of as many other real clips, *frozen* and *shuffled* "
        "that of real clips damaged so.",
    ),
    rows.Row(
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
    rows.Row(
        id="dvdgan_prediction/strips",
        task="Prediction",
        title="DVD-GAN for prediction: three frames, ten that follow",
        link="tfvideogan/models/dvdgan/prediction",
        data="actions in strips (MoCoGAN's own Weizmann strips), every second frame, "
        "32x32",
        gin_files=("gin/dvdgan/prediction.gin", "gin/data/strips.gin"),
        bindings=("strips.Strips.test = 0.2",),
        root="STRIPS_ROOT",
        example_root="/data/actions",
        scores=_PREDICTION,
        remark=f"{_STEPS_REMARK} The clips are those of `prediction/strips`; three frames "
        "are given.",
    ),
    rows.Row(
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
    rows.Row(
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
            rows.Score(
                "caption accuracy/model/+1..+1",
                "colour and shape right",
                references=("real",),
            ),
            rows.Score(
                "alike/model/all", "seeds that look alike", is_lower_better=True
            ),
        ),
        remark="`saved_models/stillcaptioner`, a captioner of stills, names colour and "
        "shape; *real* says how good it is. Each icon was trained, at other places.",
    ),
    rows.Row(
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
            + _read_by(
                "videocaptioner",
                "+1..+16",
                ("CaptionAccuracy", "CaptionSwap", "CaptionAlone"),
            )
            + ('--gin_param=text2video.Options.painter = "saved_models/text2image/1"',),
        ),
        scores=(
            *_CENTROIDS,
            rows.Score(
                "caption accuracy/model/+1..+16",
                "caption accuracy",
                references=("real", "swapped"),
            ),
            rows.Score("caption accuracy/alone/+1..+16", "of sentences alone"),
            _AT_TEN,
        ),
        remark="One frame is given. Icons come back to where they were after 8, 10 or 12 "
        "frames: there the copied frame is exact. Captions are read by "
        "`saved_models/videocaptioner`, which *real* clips show how good it is; *swapped* "
        "is the same frame with another caption, *alone* a first frame that "
        "`saved_models/text2image` made of the caption.",
    ),
    rows.Row(
        id="text2video/mnist",
        task="Text to video",
        title="A sentence and one picture to a video",
        link="tfvideogan/models/text2video",
        data="digits of MNIST, 64x64, grey",
        gin_files=("gin/text2video.gin", "gin/data/captioned_mnist.gin"),
        bindings=(
            'mnist.read_digits.digits_from = "test-halves"',
            'captioned_digits.CaptionedDigits.says = "all"',
            "captioned_digits.CaptionedDigits.clip_frames = 28",
        ),
        root="MNIST_ROOT",
        example_root="/data/mnist",
        evaluations=(
            (
                *FORTY_STEPS,
                "--gin_param=captioned_digits.CaptionedDigits.clip_frames = 41",
            ),
        ),
        scores=(*_CENTROIDS, _AT_TEN),
        remark="One frame is given. Training and test digits are halves of MNIST's test "
        "files, of other writers. Captions are not read: there is no captioner of digits.",
    ),
    _completion(
        "cpnet",
        "cpnet.CPNet",
        "CPNet: what other frames show is copied, the rest painted",
    ),
    _completion(
        "opn",
        "opn.OPN",
        "OPN: holes filled with what attention reads in other frames",
        "--max_clips=64",
    ),
    _completion(
        "vinet",
        "vinet.VINet",
        "VINet: filled from neighbours and the last output",
        rivals=("vinet_paper/sprites",),
    ),
    rows.Row(
        id="vinet_paper/sprites",
        task="Inpainting",
        title="VINet as published",
        link="tfvideogan/models/vinet",
        data="procedural sprites with holes, 64x64",
        gin_files=("gin/vinet/paper.gin",),
        bindings=(
            "HEIGHT = 64",
            "WIDTH = 64",
            "vinet_options.Options.sources_start = 180",
            "vinet_options.Options.recurrence_start = 360",
        ),
        steps=405,
        evaluations=(("--gin_param=FRAMES = 18", *_LPIPS),),
        scores=_completed(),
        remark=f"{_HOLES_REMARK} 405 steps in three stages, about the time of "
        "`vinet/sprites`; the paper took three days of a GPU.",
    ),
    rows.Row(
        id="flow_completion/sprites",
        task="Inpainting",
        title="Flow in holes, along which `--method=auto` fills them",
        link="tfvideogan/models/flow_completion",
        data="procedural sprites with holes, 64x64",
        gin_files=("gin/flow_completion.gin",),
        scores=(
            rows.Score(
                "end-point error in holes/completed/all",
                "end-point error in holes (pixels)",
                is_lower_better=True,
                baselines=("found", "membrane"),
            ),
            rows.Score(
                "PSNR in holes, propagated/completed/all",
                "PSNR in holes, filled along the flow (dB)",
                baselines=("found", "membrane"),
                references=("true",),
            ),
        ),
        remark="*Found* is the flow as DIS estimates it around holes, *membrane* the "
        "same with a smooth surface over them, *true* that of the whole frames. Holes are "
        "filled in one round, the rest by a membrane.",
    ),
    rows.Row(
        id="deblurgan/davis",
        task="Deblurring",
        title="DeblurGAN, our form: NAF blocks",
        link="tfvideogan/models/deblurgan",
        data="DAVIS-2016 under a shaking camera, eight sequences to train on, two to test, "
        "240x432",
        gin_files=("gin/deblurgan.gin", "gin/deblurgan/davis.gin"),
        root="DAVIS_ROOT",
        example_root="/data/DAVIS",
        evaluations=(WHOLE_FRAMES,),
        scores=tuple(
            rows.Score(
                f"{measure}/restored/all",
                label,
                is_lower_better=measure == "LPIPS-Alex",
                baselines=("blurred", "unsharp"),
            )
            for measure, label in (
                ("PSNR", "PSNR (dB)"),
                ("SSIM", "SSIM"),
                ("LPIPS-Alex", "LPIPS"),
            )
        ),
        remark="Windows of nine frames of two sequences, with camera shakes of their own: "
        "intervals say how windows differ, not sequences. On two frames of each window the "
        "model gains 1.7 dB and, with the true kernels given to them, Wiener's filter 3.7 "
        "and Richardson-Lucy 4.9 dB (`tools/deblur_references.py`).",
    ),
    rows.Row(
        id="classifier/shapes",
        task="Classification",
        title="VideoClassifier, which judges motion",
        link="tfvideogan/models/classifier",
        data="procedural moving shapes, 64x64, T = 16, two classes",
        gin_files=("gin/classifier.gin",),
        scores=_ACCURACY,
    ),
    rows.Row(
        id="classifier/walkers",
        task="Classification",
        title="VideoClassifier",
        link="tfvideogan/models/classifier",
        data="procedural walkers, 64x64, T = 16, grey",
        gin_files=("gin/classifier.gin", "gin/data/walkers.gin"),
        scores=_ACCURACY,
    ),
    rows.Row(
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
    rows.Row(
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


def find(row_id: str) -> rows.Row:
    """Returns a row by its id.

    Raises:
      UserError: there is none; the message lists what there is.
    """
    for row in ROWS:
        if row.id == row_id:
            return row
    known = ", ".join(row.id for row in ROWS)
    raise errors.UserError(f"there is no row {row_id}; choose one of {known}.")
