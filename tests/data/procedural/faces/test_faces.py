import numpy as np
import pytest

from tests import check_source
from tfvideogan.core import errors
from tfvideogan.data.procedural.faces import expression, faces

SMALL = {"frames": 3, "height": 16, "width": 16, "clip_frames": 6, "num_train_clips": 6}


def test_faces_keep_the_promises_of_a_source():
    check_source.check_source(faces.Faces(**SMALL))


def test_expressions_are_balanced_over_consecutive_clips():
    source = faces.Faces(**SMALL)
    labels = [int(source.render("train", index)["labels"]) for index in range(4, 10)]
    assert sorted(labels) == list(range(6))
    assert source.expression(4) == expression.EXPRESSIONS[labels[0]] == "sadness"


def test_splits_share_no_person():
    people = {"num_persons": 4, "num_validation_persons": 2, "num_test_persons": 3}
    source = faces.Faces(**SMALL, **people)
    seen = {
        split: {source.person(split, index).number for index in range(40)}
        for split in source.splits
    }
    assert seen == {"train": {0, 1, 2, 3}, "validation": {4, 5}, "test": {6, 7, 8}}


def test_the_same_person_looks_the_same_with_every_seed():
    people = {"num_test_persons": 1}
    vectors = [
        faces.Faces(seed=seed, **SMALL, **people).person("test", 0).vector()
        for seed in (0, 1)
    ]
    np.testing.assert_array_equal(*vectors)


def test_silent_faces_open_their_mouths_for_their_expression_only():
    source = faces.Faces(speech=0.0, **SMALL)
    assert source.performance("train", 0).features["mouth_open"].max() == 0.0
    assert source.performance("train", 5).features["mouth_open"].max() > 0.1


def test_the_window_does_not_change_what_is_drawn():
    source = faces.Faces(clip_frames=20)
    whole = source.render("train", 3)["frames"]
    window = source.render("train", 3, start=6, frames=4)["frames"]
    np.testing.assert_array_equal(window, whole[6:10])


def test_clips_stay_the_same_as_long_as_the_generator_version_does():
    # Recorded once, on purpose: a change here is a change of the version.
    assert faces.Faces.version == 1
    source = faces.Faces()
    assert source.person("test", 7).number == 305
    assert source.performance("test", 7).yaw[0] == pytest.approx(-0.09110, abs=1e-4)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"num_test_persons": 0}, ["faces/test (0)", "at least 1"]),
        ({"speech": -1.0}, ["`speech` (-1.0)", "negative"]),
    ],
)
def test_bad_arguments_are_named(arguments, words):
    with pytest.raises(errors.UserError) as raised:
        faces.Faces(**SMALL, **arguments)
    assert all(word in str(raised.value) for word in words)


def test_an_unknown_split_of_persons_is_named():
    with pytest.raises(errors.UserError, match=r"'dev'.*train, validation, test"):
        faces.Faces(**SMALL).person("dev", 0)
