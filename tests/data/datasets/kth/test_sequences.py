import pathlib

import pytest

from tfvideogan.core import errors
from tfvideogan.data.datasets.kth import sequences

# Six lines in the manner of the official list: tabs and blanks mixed, three ranges,
# a missing film, trailing blanks.
LIST = (
    "This file lists the sequences used in the experiments.\n"
    "Training:   person11, 12, 13, 14, 15, 16, 17, 18\n"
    "\n"
    "person01_boxing_d1\t\tframes\t1-95, 96-185, 186-245, 246-360\n"
    "person01_walking_d2    frames\t1-110, 160-280,\t300-400, 500-600  \n"
    "person11_boxing_d4\tframes  1-121, 122-247, 248-400\n"
    "person13_handclapping_d3\t*missing*\n"
    "person25_running_d4\t\tframes\t17-52,90-121, 170 - 205, 250-282,\n"
    "\tperson02_jogging_d1 frames 1-60\n"
)


def parse(text: str):
    return sequences.parse(text, pathlib.Path("list.txt"))


def test_every_line_of_the_list_is_a_film():
    films = parse(LIST)
    assert [film.name for film in films] == [
        "person01_boxing_d1",
        "person01_walking_d2",
        "person11_boxing_d4",
        "person13_handclapping_d3",
        "person25_running_d4",
        "person02_jogging_d1",
    ]
    last = films[4]
    assert (last.person, last.action, last.scenario) == (25, "running", 4)


def test_ranges_begin_at_zero_and_hold_their_last_frame():
    films = parse(LIST)
    # 1-95 are the frames 0..94.
    assert films[0].ranges == ((0, 95), (95, 185), (185, 245), (245, 360))
    assert films[2].ranges == ((0, 121), (121, 247), (247, 400))
    assert films[4].ranges == ((16, 52), (89, 121), (169, 205), (249, 282))


def test_a_missing_film_has_no_ranges():
    assert parse(LIST)[3].ranges == ()


def test_the_list_is_found_in_the_folder_or_above_it(tmp_path):
    root = tmp_path / "KTH"
    root.mkdir()
    (tmp_path / "00sequences.txt").write_text(LIST)
    assert len(sequences.read_films(root)) == 6
    (root / "00sequences.txt").write_text("person01_boxing_d1 frames 1-2\n")
    assert len(sequences.read_films(root)) == 1


def test_without_the_list_it_is_asked_for(tmp_path):
    with pytest.raises(errors.UserError, match="has the list 00sequences.txt"):
        sequences.read_films(tmp_path)


@pytest.mark.parametrize(
    "ranges", ["", "frames", "frames 5-3", "frames 0-9", "1-9; 10"]
)
def test_a_line_that_cannot_be_understood_is_named(ranges):
    with pytest.raises(errors.UserError, match=r"Line 2 of list.txt has '"):
        parse(f"text\nperson01_boxing_d1 {ranges}\n")


def test_a_file_that_is_no_list_is_named():
    with pytest.raises(errors.UserError, match=r"list.txt names no film.*1-95"):
        parse("nothing\n")
