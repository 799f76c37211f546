import pathlib

import pytest
from results_table import documents, markdown

from tests.tools.results_table import made
from tfvideogan.core import errors

KNOWN = "| J mean | 0.957 [0.951, 0.962] |\nPSNR 34.5 dB, 1.7 % of steps frozen."
EMPTY = f"before\n\n{documents.BEGIN}\n{documents.END}\n\nafter\n"


@pytest.fixture
def checkout(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "docs").mkdir()
    for name in (documents.README, documents.RESULTS):
        (tmp_path / name).write_text(EMPTY, encoding="utf-8")
    return tmp_path


def test_what_was_written_is_what_the_records_say(checkout: pathlib.Path) -> None:
    records = [made.record()]
    documents.write(checkout, records)
    assert documents.check(checkout, records) == []
    text = (checkout / "README.md").read_text(encoding="utf-8")
    assert markdown.readme_table(records) in text
    assert text.startswith("before\n") and text.endswith("\nafter\n")


@pytest.mark.parametrize("name", ["README.md", "docs/results.md"])
def test_a_number_changed_by_hand_is_noticed(checkout: pathlib.Path, name: str) -> None:
    records = [made.record()]
    documents.write(checkout, records)
    path = checkout / name
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("0.957", "0.967"), encoding="utf-8")
    [complaint] = documents.check(checkout, records)
    assert complaint.startswith(f"{name} is not what")


def test_a_score_in_prose_that_no_row_has_is_noticed(checkout: pathlib.Path) -> None:
    records = [made.record()]
    documents.write(checkout, records)
    with (checkout / "README.md").open("a", encoding="utf-8") as readme:
        readme.write("It holds J 0.957 here, and there\nJ 0.961.\n")
    [complaint] = documents.check(checkout, records)
    assert "0.961" in complaint and "there J 0.961" in complaint


@pytest.mark.parametrize(
    "text",
    [
        "J mean 0.957, in [0.951, 0.962].",
        "The step takes 1.18 s and 47 % of the peak.",
        "Motion in 1.7 % of steps, a PSNR of 34.5 dB.",
        "PSNR over 32 frames of TensorFlow 2.21.0 and issue #12.",
        "SSIM is `0.99` in\n```\nPSNR 12.3\n```\n",
        "It has J. Then 0.5 follows.",
    ],
)
def test_what_is_no_score_or_known_is_left_alone(text: str) -> None:
    assert documents.strays(text, KNOWN) == []


@pytest.mark.parametrize(
    "text, score",
    [
        ("An accuracy of 0.973.", "0.973"),
        ("| FVD | 104.2 |", "104.2"),
        ("The motion score\nis 91 %.", "91"),
        ("ACD [20.1, 22.9]", "20.1"),
        ("LPIPS 0.132", "0.132"),
    ],
)
def test_a_stray_score_is_found(text: str, score: str) -> None:
    assert documents.strays(text, KNOWN)[0].startswith(f'{score}: "')


def test_a_document_without_its_markers_is_one_line() -> None:
    with pytest.raises(errors.UserError, match="begin"):
        documents.replaced("nothing", "table")
