"""What measures are, in words."""

import json

import pytest

from tests import source_tree
from tfvideogan.metrics import measures


@pytest.mark.parametrize(
    "measure, words",
    [
        ("PSNR", "peak signal-to-noise ratio, dB; higher is better"),
        ("PSNR in holes, seen", "peak signal-to-noise ratio, dB; higher is better"),
        ("SSIM[win65]", "structural similarity; higher is better"),
        ("speed", "mean speed of the object, pixels a frame"),
        ("depth", "depth"),
    ],
)
def test_a_measure_is_described_with_its_direction(measure: str, words: str) -> None:
    assert measures.about(measure) == words


def test_the_most_telling_results_of_the_model_come_first() -> None:
    found = measures.main(
        [
            "depth/model/T",
            "L1/composite/T",
            "PSNR/copied/T",
            "PSNR/model/+1",
            "PSNR/model/mean",
            "PSNR/model/+2",
            "J mean/model/T",
            "J mean/model/2T",
        ]
    )
    assert found == [
        "J mean/model/T",
        "PSNR/model/mean",
        "L1/composite/T",
        "depth/model/T",
    ]


def test_every_measure_of_the_published_results_is_described() -> None:
    path = source_tree.ROOT / "docs" / "results.jsonl"
    records = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    results = {name for record in records for name in record["results"]}
    found = {measures.split(name)[0] for name in results}
    assert len(found) > 30
    unknown = sorted(one for one in found if measures.about(one) == one)
    assert not unknown, "add them to measures.MEASURES"
