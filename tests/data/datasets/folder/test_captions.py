import json

import pytest

from tfvideogan.core import errors
from tfvideogan.data.datasets.folder import captions as caption_files

IDS = ["run/a.mp4", "run/b.mp4", "walk/a.mp4"]


def write(tmp_path, text: str, name: str = "captions.csv"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path / name


def test_a_csv_names_clips_by_path_or_name_with_or_without_ending(tmp_path):
    path = write(tmp_path, "run/a.mp4,A man\nb,a dog\nwalk/a,a cat\n")
    assert caption_files.read(path, IDS) == {
        "run/a.mp4": "a man",
        "run/b.mp4": "a dog",
        "walk/a.mp4": "a cat",
    }


def test_headings_blank_lines_quotes_and_byte_order_marks_are_understood(tmp_path):
    text = '\ufeffFile,Caption\n\nrun/a.mp4,"A man, running: fast!"\nb,B\nwalk/a,C\n'
    found = caption_files.read(write(tmp_path, text), IDS)
    assert found["run/a.mp4"] == "a man running fast"


def test_a_json_is_an_object(tmp_path):
    captions = {clip_id: f"clip {number}" for number, clip_id in enumerate(IDS)}
    path = write(tmp_path, json.dumps(captions), "captions.json")
    assert caption_files.read(path, IDS) == captions
    assert caption_files.find(tmp_path) == path


def test_names_of_clips_may_be_captions():
    found = caption_files.from_names(["x/a_man_walks_03.mp4", "The-Dog's 2 nd day"])
    assert found == {
        "x/a_man_walks_03.mp4": "a man walks",
        "The-Dog's 2 nd day": "the dog's nd day",
    }


def test_a_name_of_numbers_is_no_caption():
    with pytest.raises(errors.UserError, match="'x/0003.mp4' has no words"):
        caption_files.from_names(["x/0003.mp4"])


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        (
            "captions.csv",
            "run/a.mp4,one\nrun/b.mp4,two\n",
            "no caption for 1 of 3.*walk",
        ),
        ("captions.csv", "run/c.mp4,one\n", "1 clips that do not exist.*'run/c.mp4'"),
        ("captions.csv", "a,one\n", "short name is not unique, first 'a'"),
        ("captions.csv", "run/a.mp4,one,two\n", "Line 1 .*3 columns"),
        ("captions.csv", "run/a.mp4,\n", "Line 1"),
        (
            "captions.csv",
            "run/a,one\nb,b\nrun/a.mp4,two",
            "two captions for 'run/a.mp4'",
        ),
        ("captions.json", '{"run/a": "one", "run/a": "two"}', "two captions"),
        ("captions.csv", "run/a.mp4,...\nb,b\nwalk/a,c", "no caption for 1 of 3"),
        ("captions.json", "{", "is no JSON"),
        ("captions.json", '["a man"]', "must hold one object"),
        ("captions.json", '{"run/a.mp4": 3}', "must hold one object"),
    ],
)
def test_a_wrong_file_is_one_line(tmp_path, name, text, complaint):
    path = write(tmp_path, text, name)
    with pytest.raises(errors.UserError, match=complaint) as raised:
        caption_files.read(path, IDS)
    assert "\n" not in str(raised.value) and str(path) in str(raised.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(errors.UserError, match="gone.csv cannot be read"):
        caption_files.read(tmp_path / "gone.csv", IDS)
    (tmp_path / "captions.csv").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(errors.UserError, match="captions.csv cannot be read"):
        caption_files.read(tmp_path / "captions.csv", IDS)


def test_a_folder_without_captions_has_none(tmp_path):
    assert caption_files.find(tmp_path) is None


@pytest.mark.parametrize("mark", [";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_spreadsheets_write_other_marks_and_encodings(tmp_path, mark, encoding):
    rows = [
        ("clip", "caption"),
        ("run/a.mp4", "A, man"),
        ("b", "B; b"),
        ("walk/a", "C"),
    ]
    path = tmp_path / "captions.csv"
    lines = [f'{name}{mark}"{caption}"' for name, caption in rows]
    path.write_text("\n".join(lines), encoding=encoding)
    found = caption_files.read(path, IDS)
    assert found == {"run/a.mp4": "a man", "run/b.mp4": "b b", "walk/a.mp4": "c"}


def test_decomposed_names_are_the_composed_ones(tmp_path):
    path = write(tmp_path, "caf\u00e9,Un caf\u00e9\n")
    assert caption_files.read(path, ["cafe\u0301.mp4"]) == {
        "cafe\u0301.mp4": "un caf\u00e9"
    }
