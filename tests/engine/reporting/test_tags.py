"""Tags and what they mean."""

import re

import pytest

from tests import source_tree
from tfvideogan.engine.reporting import tags

PHASES = ("critic", "generator")
# A loss or a monitor as models write it.
NAME = re.compile(r'"([a-z_]+/[a-z_]+)"')


@pytest.mark.parametrize(
    "name, tag, words",
    [
        ("critic/real", "2 losses/critic/real", "Loss `real` of phase `critic`"),
        ("critic/depth", "2 losses/critic/depth", "as it is weighted there."),
        ("grad_norm/critic", "3 health/grad_norm/critic", "before they are clipped"),
        ("kl/nats", "3 health/kl/nats", "nats"),
        ("skipped_steps", "3 health/skipped_steps", "not finite"),
        ("depth/all", "3 health/depth/all", "no loss is made of it"),
    ],
)
def test_losses_stand_apart_from_what_is_watched(
    name: str, tag: str, words: str
) -> None:
    found, about = tags.of_log(name, PHASES)
    assert found == tag and words in about


def test_groups_come_in_the_order_of_looking() -> None:
    groups = [tags.SCORES, tags.LOSSES, tags.HEALTH]
    assert groups == sorted(groups)


@pytest.mark.parametrize(
    "name, run, tag",
    [
        ("PSNR/model/T", "model", "1 scores/PSNR/T"),
        ("PSNR/composite/T", "model", "1 scores/PSNR/T"),
        ("PSNR/copied frame/T", "copied frame", "1 scores/PSNR/T"),
        ("PSNR/model - copied/T", "model - copied", "1 scores/PSNR, difference/T"),
        ("FVD/a/b/16 frames", "a-b", "1 scores/FVD/16 frames"),
    ],
)
def test_subjects_of_a_measure_share_a_tag(name: str, run: str, tag: str) -> None:
    assert tags.of_result(name)[:2] == (run, tag)


def test_a_score_says_what_it_is() -> None:
    _, _, about = tags.of_result("L1/model - copied/2T")
    assert about == (
        "Difference on the same clips: Mean absolute difference of pixels in [0, 1]; "
        "lower is better. Over 2T of the clips."
    )


def test_what_models_watch_and_minimise_is_described() -> None:
    paths = source_tree.files("tfvideogan/models", ".py")
    text = "\n".join((source_tree.ROOT / one).read_text("utf-8") for one in paths)
    names = set(NAME.findall(text))
    assert len(names) > 40
    known = {*tags.MONITORS, *(name.partition("/")[0] for name in tags.MONITORS)}
    unknown = [
        name
        for name in sorted(names)
        if not {name, name.partition("/")[0]} & known
        and name.partition("/")[2] not in tags.TERMS
    ]
    assert not unknown, (
        "add their last parts to tags.TERMS, or monitors to tags.MONITORS"
    )
