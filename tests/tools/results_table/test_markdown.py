import dataclasses

import pytest
from results_table import markdown, rows, table

from tests.tools.results_table import made

J = "J mean/model/T"


def with_seeds(*scores, **fields):
    """Three trainings, one for each (value, low, high) of J."""
    return [
        made.record(seed=seed, results={J: value}, intervals={J: [low, high]}, **fields)
        for seed, (value, low, high) in enumerate(scores)
    ]


@pytest.mark.parametrize(
    "value, text",
    [
        (0.95663, "0.957"),
        (1.575, "1.57"),  # 1.575 is 1.57499... in binary
        (34.545, "34.5"),
        (133.909, "134"),
        (2104.3, "2104"),
        (0.00041, "0.00041"),
        (-0.0052, "-0.0052"),
        (1e-12, "0.0000000"),
        (0.0, "0.000"),
        (-0.083, "-0.083"),
    ],
)
def test_a_number_has_three_digits_or_two_of_small_ones(value, text) -> None:
    assert markdown.number(value) == text


def test_one_training_is_told_with_its_interval_in_the_same_decimals() -> None:
    found = [made.record(results={J: 9.96}, intervals={J: [8.04, 11.25]})]
    assert markdown.cell(found, J) == "9.96 [8.04, 11.25]"


def test_three_trainings_are_told_as_mean_and_range() -> None:
    found = with_seeds((0.90, 0.88, 0.92), (0.93, 0.9, 0.95), (0.96, 0.9, 0.97))
    assert markdown.cell(found, J) == "0.930 (0.900 to 0.960, 3 seeds)"


@pytest.mark.parametrize(
    "results, text", [({J: 0.98}, "0.98"), ({J: None}, "n/a"), ({}, "")]
)
def test_without_an_interval_a_value_has_the_digits_that_are_known(
    results, text
) -> None:
    assert markdown.cell([made.record(results=results, intervals={})], J) == text


def test_a_score_better_than_its_baseline_is_bold() -> None:
    [score] = made.row().scores
    found = [made.record()]
    assert markdown.score_cell(score, found, found) == "**0.957** [0.951, 0.962]"
    other = {"J mean/model/T": [0.95, 0.96], "J mean/copied mask/T": [0.6, 0.952]}
    found = [made.record(intervals=other)]
    assert markdown.score_cell(score, found, found) == "0.957 [0.950, 0.960]"


@pytest.mark.parametrize(
    "difference, is_best", [([0.001, 0.02], True), ([-0.001, 0.02], False)]
)
def test_a_difference_clip_by_clip_decides_where_there_is_one(
    difference, is_best
) -> None:
    # The intervals of the two meet; they say nothing of the same clips.
    intervals = {
        J: [0.90, 0.96],
        "J mean/copied mask/T": [0.89, 0.95],
        "J mean/model - copied mask/T": difference,
    }
    results = dict.fromkeys(intervals, 0.01)
    found = [made.record(results=results, intervals=intervals)]
    [score] = made.row().scores
    assert markdown.is_best(score, found, found) is is_best
    shown = "[0.001, 0.020]" if is_best else "[-0.001, 0.020]"
    assert f"difference 0.010 {shown}" in markdown.document(found)


def test_few_clips_are_no_claim() -> None:
    [score] = made.row().scores
    ten, nine = (made.record(clips=number) for number in (10, 9))
    assert markdown.is_best(score, [ten], [ten])
    assert not markdown.is_best(score, [nine], [nine])


def test_a_score_with_nothing_to_beat_is_not_bold() -> None:
    score = rows.Score(J, "J")
    assert markdown.score_cell(score, [made.record()], []) == "0.957 [0.951, 0.962]"


def test_a_rival_is_beaten_with_three_seeds_of_both_only() -> None:
    score = rows.Score(J, "J", rivals=("foregan/davis",))
    ours = with_seeds((0.90, 0.88, 0.92), (0.91, 0.89, 0.93), (0.92, 0.9, 0.94))
    theirs = with_seeds(
        (0.8, 0.78, 0.82), (0.81, 0.8, 0.82), (0.8, 0.79, 0.81), row="foregan/davis"
    )
    assert markdown.score_cell(score, ours, [*ours, *theirs]).startswith("**0.910**")
    assert not markdown.is_best(score, ours, [*ours, *theirs[:2]])
    assert not markdown.is_best(score, ours[:1], [*ours, *theirs])


def test_what_a_protocol_measured_stands_beside_floor_and_controls() -> None:
    results = {
        "FVD/model/T": 410.2,
        "FVD/floor/T": 88.4,
        "FVD/shuffled/T": 93.1,
        "FVD/model - floor/T": 321.8,
    }
    intervals = {"FVD/model/T": [400.0, 421.0]}
    one = made.record(protocol="sprites16", results=results, intervals=intervals)
    text = markdown.document([one])
    assert (
        "| `foregan/sprites` | FVD, T | 410 [400, 421] | 88.4 | shuffled 93.1 "
        "| 64, procedural |"
    ) in text
    assert "### foregan/sprites, protocol sprites16" in text


def test_a_row_is_told_with_command_time_machine_and_all_results() -> None:
    one = made.record(
        minutes=57.2, cpu_minutes=100.0, is_shared=False, peak_gflops=216.4, note="N."
    )
    text = markdown.document([one])
    for expected in (
        "| `foregan/sprites` | J mean at T | **0.957** [0.951, 0.962] |  | "
        "flow-warped mask 0.919 [0.910, 0.930]; copied mask 0.589 [0.550, 0.630] | 64, "
        "procedural |",
        f"```bash\n{one.train}\n{one.evaluate[0]}\n```",
        "| 0 | 1,500 steps, 57 min alone, 100 min of CPU time, N. | 2 cores of AMD EPYC, "
        "peak 216 GFLOP/s, one CPU device | `1234567` | 2026-11-29 |",
        "| J mean | model | 0.957 [0.951, 0.962] |",
        "| J mean | copied mask | 0.589 [0.550, 0.630] |",
        "Not measured with intervals yet: `mocogan/shapes`, `mocogan_paper/shapes`, "
        "`dvdgan/walkers`.",
    ):
        assert expected in text


def test_what_has_no_intervals_stands_in_readme_alone_and_says_so() -> None:
    old = made.record(intervals={}, minutes=57.0, is_shared=True)
    assert "0.957" not in markdown.document([old])
    table = markdown.readme_table([old])
    assert "J mean at T 0.957; 64 test clips, no intervals yet" in table
    assert "| 1,500 steps, 57 min beside other programs |" in table


def test_results_are_grouped_by_measure_in_columns() -> None:
    results = {"J/model/T": 0.5, "F/model/T": 0.6, "J/model/2T": 0.4, "J/real/T": 1.0}
    lines = markdown.results_table([made.record(results=results, intervals={})])
    assert lines.split("\n") == [
        "|  |  | T | 2T |",
        "|---|---|---|---|",
        "| J | model | 0.5 | 0.4 |",
        "| J | real | 1 |  |",
        "| F | model | 0.6 |  |",
    ]


def test_every_rival_is_a_row_and_every_task_is_known() -> None:
    ids = [row.id for row in table.ROWS]
    assert len(set(ids)) == len(ids)
    rivals = {rival for row in table.ROWS for one in row.scores for rival in one.rivals}
    assert rivals <= set(ids)
    assert {row.task for row in table.ROWS} <= set(rows.TASKS)


def test_another_protocol_is_another_record() -> None:
    one = made.record()
    two = dataclasses.replace(one, protocol="p")
    assert markdown.of([one, two], one.row) == [one]
