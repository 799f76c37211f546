import dataclasses

import numpy as np

from tfvideogan.data.procedural.faces import person as faces_person

PERSONS = [faces_person.person(number, 1) for number in range(60)]


def test_a_person_is_a_function_of_the_number():
    assert faces_person.person(7, 1) == PERSONS[7]
    assert dataclasses.replace(faces_person.person(7, 2), number=8) != PERSONS[8]


def test_persons_differ_in_what_they_are_and_wear():
    assert {person.style for person in PERSONS} == set(faces_person.STYLES)
    assert {person.has_glasses for person in PERSONS} == {True, False}
    vectors = np.stack([person.vector() for person in PERSONS])
    assert vectors.min() >= 0 and vectors.max() <= 1
    gaps = np.linalg.norm(vectors[:, None] - vectors, axis=-1)
    assert gaps[~np.eye(60, dtype=bool)].min() > 0.3


def test_the_vector_holds_colours_clothes_and_proportions():
    # Six colours of three channels, style, glasses, beard and the proportions.
    expected = 6 * 3 + 3 + len(faces_person.RANGES)
    assert PERSONS[0].vector().shape == (expected,)
    skin = np.asarray(PERSONS[0].skin) / 255
    np.testing.assert_allclose(PERSONS[0].vector()[:3], skin)


def test_a_darker_colour_is_mixed_with_black():
    assert faces_person.darker((200, 100, 0), 0.25) == (150, 75, 0)
