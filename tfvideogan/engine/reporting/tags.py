"""Tags of scalars in TensorBoard: groups in the order of looking, and what each one is.

    tag, about = tags.of_log("critic/real", phases=["critic", "generator"])
    # "2 losses/critic/real", "Loss `real` of phase `critic`: ..."
    run, tag, about = tags.of_result("PSNR/copied/mean")
    # "copied", "1 scores/PSNR/mean", "Peak signal-to-noise ratio, dB; ..."

TensorBoard sorts groups by their names, hence the numbers. The model and what it is
compared with share a tag and differ by the run, so that they share a chart.
"""

from collections.abc import Collection

from tfvideogan.metrics import measures

SCORES, LOSSES, HEALTH = "1 scores", "2 losses", "3 health"
# The run of results that judge the model itself.
MODEL = "model"
# What losses are, by the last part of their names.
TERMS = {
    "adversarial": "what the discriminators say against this phase",
    "alignment": "distance of aligned to wanted frames",
    "area": "how far the area of masks is from that of the given one",
    "background": "what the discriminator of backgrounds says",
    "background_penalty": "gradient penalty of the discriminator of backgrounds",
    "binarity": "how far masks are from 0 and 1",
    "category": "cross entropy of the categories found in generated clips",
    "category_fake": "cross entropy of categories of generated clips",
    "category_real": "cross entropy of categories of real clips",
    "charbonnier": "distance of pixels, smooth at 0",
    "coarse": "distance of the coarse result to the target",
    "condition": "whether the sentence belongs to the picture, as a critic sees it",
    "content": "distance of deep features to those of the target",
    "copy": "distance of copied pixels to the target",
    "cross_entropy": "cross entropy of what is said and what is right",
    "cycle_foreground": "distance of the foreground there and back again",
    "cycle_mask": "distance of masks there and back again",
    "fake": "of generated clips",
    "foreground": "what the discriminator of foregrounds says",
    "foreground_penalty": "gradient penalty of the discriminator of foregrounds",
    "gradient": "distance of the gradients of pixels to those of the target",
    "guidance": "pixels between flow and that of the clips",
    "hinge": "hinge loss of real and generated clips",
    "hole": "distance to the target in holes",
    "image": "of single frames",
    "kl": "Kullback-Leibler divergence of posterior and prior",
    "known": "distance to the target outside of holes",
    "logistic": "logistic loss of real and generated clips",
    "modes": "penalty on codes that make the same clip",
    "penalty": "gradient penalty between real and generated clips",
    "perceptual": "distance of deep features to those of the target",
    "r1": "gradient penalty on real clips",
    "ranking": "whether the right sentence fits better than others",
    "read": "distance of pixels that were read from other frames to the target",
    "real": "of real clips",
    "reconstruction": "distance of pixels to the target",
    "smoothness": "differences of neighbouring pixels",
    "temporal": "difference of neighbouring frames along the flow",
    "video": "of whole clips",
    "wasserstein": "mean output on generated clips minus that on real ones",
    "wrong": "of real clips with a wrong sentence",
    "wrong_image": "of the text with a wrong picture",
    "wrong_text": "of the picture with a wrong text",
}
# What else is watched, by its name or by the first part of it.
MONITORS = {
    "caption": "Share of captions that are said right.",
    "category": "Share of categories that are found right.",
    "cosine": "Cosine of the features of a sentence and its picture.",
    "end_points": "Pixels between where estimated and true flow lead, in holes.",
    "gain": "By how much the loss is below that without the network.",
    "grad_norm": "Global norm of the gradients, before they are clipped.",
    "kl/active_units": "Units of the code that say something of the clip.",
    "kl/nats": "Kullback-Leibler divergence of posterior and prior, nats.",
    "learning_rate": "Learning rate of the optimizer.",
    "logits": "Mean output of a discriminator; above 0 it takes clips for real.",
    "masks/area": "Share of the frame that the masks cover.",
    "masks/saturation": "Share of mask pixels that are near 0 or 1.",
    "memory/peak_gb": "Most memory so far, GB: of the first GPU, or of the process.",
    "motion/change": "Mean absolute difference of neighbouring generated frames.",
    "motion/real_change": "Mean absolute difference of neighbouring real frames.",
    "prior": "Share of the batch in which the mean of the prior is compared.",
    "rollout": "Most frames that a rollout is ahead of what is given.",
    "signs": "Share of a discriminator's outputs on the right side of 0.",
    "skipped_steps": "Steps so far that were skipped: a gradient was not finite.",
    "throughput/data_wait": "Share of the time in which the model waits for data.",
    "throughput/frames_per_second": "Real frames that are trained on in a second.",
    "throughput/steps_per_second": "Training steps in a second.",
}
_OTHER = "Watched during training; no loss is made of it."


def of_log(name: str, phases: Collection[str]) -> tuple[str, str]:
    """Returns tag and description of what a training step has logged.

    Args:
      name: as the model or the loop calls it.
      phases: names of the model's phases, with which losses begin.
    """
    phase, _, term = name.partition("/")
    if phase not in phases:
        about = MONITORS.get(name) or MONITORS.get(phase, _OTHER)
        return f"{HEALTH}/{name}", about
    what = f": {TERMS[term]}" if term in TERMS else ""
    about = f"Loss `{term}` of phase `{phase}`, as it is weighted there{what}."
    return f"{LOSSES}/{name}", about


def of_histogram(name: str) -> tuple[str, str]:
    """Returns tag and description of a histogram of a discriminator's outputs."""
    return f"{HEALTH}/histogram/{name}", "Outputs over the steps since the last one."


def of_result(name: str) -> tuple[str, str, str]:
    """Returns run, tag and description of a result of an evaluation.

    Differences have tags of their own, since their values are of another size.

    Args:
      name: `measure/subject/column`.
    """
    measure, subject, column = measures.split(name)
    about = measures.about(measure)
    about = f"{about[:1].upper()}{about[1:]}. Over {column} of the clips."
    if measures.DIFFERENCE in subject:
        measure = f"{measure}, difference"
        about = f"Difference on the same clips: {about}"
    run = MODEL if subject in measures.OWN else subject
    return run.replace("/", "-"), f"{SCORES}/{measure}/{column}", about
