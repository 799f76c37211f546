import pytest

from tfvideogan.core import errors
from tfvideogan.pretrained import published


def names(*wanted: str) -> list[str]:
    return [one.name for one in published.chosen(wanted)]


def test_groups_stand_for_weights_and_each_is_chosen_once() -> None:
    assert names("lpips") == ["alexnet", "vgg16"]
    assert names("vgg16", "lpips", "i3d") == ["vgg16", "alexnet", "i3d"]
    assert set(names("all")) == set(published.WEIGHTS)


def test_unknown_names_are_told_with_the_choices() -> None:
    with pytest.raises(errors.UserError, match="called `vgg19`; choose of i3d, .*all"):
        published.chosen(["i3d", "vgg19"])


@pytest.mark.parametrize("weights", published.WEIGHTS.values())
def test_what_is_published_is_pinned(weights: published.Weights) -> None:
    assert len(bytes.fromhex(weights.sha256)) == 32
    assert len(bytes.fromhex(weights.package.sha256)) == 32
    assert weights.package.requirement.count("==") == 1
