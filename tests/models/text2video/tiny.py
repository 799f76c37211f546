"""The smallest models of text to video, and their clips."""

from tfvideogan.core import clip
from tfvideogan.models.text2video import generator as generators
from tfvideogan.models.text2video import model as text2video
from tfvideogan.models.text2video import objective

WORDS = ("", "the", "disc", "star", "is", "falling", "rising", "and")
SPEC = clip.ClipSpec(5, 8, 8, caption_length=4, words=WORDS)
# Discriminators count at once, so that their share of the gradients is seen, too.
AT_ONCE = objective.LossWeights(
    adversarial_start=0, adversarial_delay=0, adversarial_ramp=1, r1_every=2
)


def generator(
    spec: clip.ClipSpec = SPEC, *, depth: int = 2, output_mode: str = "anchored"
) -> generators.Generator:
    """Returns a generator of two channels."""
    return generators.Generator(
        spec, depth=depth, width=2, units=3, narrow=1, output_mode=output_mode
    )


def model(seed: int = 0, **options: object) -> text2video.TextToVideo:
    """Returns a model of two channels."""
    smallest = {"depth": 2, "width": 2, "units": 3, "narrow": 1, "critic_width": 2}
    smallest |= {"embedding": 3, "caption_units": 2, "num_frames_judged": 2}
    smallest |= {"rollout": 2, "truncate": 1, "lead": 1, "served_frames": 2}
    return text2video.TextToVideo(
        text2video.Options(**smallest | options), weights=AT_ONCE, seed=seed
    )
