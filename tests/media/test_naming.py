import pathlib

import pytest

from tfvideogan.media import damage, naming


def paths(names) -> list[pathlib.Path]:
    return [pathlib.Path(f"{name}.png") for name in names]


@pytest.mark.parametrize(
    "scheme",
    [
        "frame{}_v2",
        "{}_640x360",
        "2023-05-01_12-59-{}",
        "1305031102.{:06}",
        "IMG_10 ({})",
        "Take3 frame {} of 12",
        "{}",
        "{:05}",
        "clip7-{}-left",
    ],
)
def test_numbers_count_wherever_they_stand(scheme):
    named = paths(scheme.format(number) for number in range(1, 13))
    assert naming.ordered(named[::-1]) == named


@pytest.mark.parametrize(
    "names",
    [
        ["IMG_10", "IMG_10 (1)", "IMG_10 (2)", "IMG_11"],
        ["Frame1", "frame2", "Frame10"],
        ["frame_a", "frame_b", "frame_c"],
        ["2023-05-01_9-59-59", "2023-05-01_10-00-00", "2024-01-01_0-0-0"],
        ["take1_2", "take1_10", "take2_1"],
    ],
)
def test_the_whole_name_counts(names):
    assert naming.ordered(paths(names)[::-1]) == paths(names)


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["1", "01"], "are the same number"),
        (["left_1", "left_2", "right_1"], "carry the same number"),
        (["2023-Mar-1", "2023-Apr-1"], "carry the same number"),
        (["1.5", "1.25"], "decimals of different lengths"),
        (["9", "0a", "10"], "hexadecimal"),
        (["apple", "banana"], "carry no number"),
    ],
)
def test_names_that_are_no_order_are_refused(names, why):
    with pytest.raises(damage.DamagedClip, match=why) as raised:
        naming.ordered(paths(names))
    assert "\n" not in str(raised.value)


def test_a_name_without_a_number_is_a_stray_among_numbered_ones():
    named = paths(["a", "a (1)", "cover", "a (2)"])
    assert naming.strays(named) == paths(["cover"])
    assert naming.strays(paths(["a", "b"])) == []
