"""The line and the bar."""

import pytest

from tfvideogan.engine.reporting import progress

LOSSES = {
    "critic/real": 0.5,
    "critic/fake": 0.25,
    "generator/rec": 2.0,
    "logits/critic/real": 9.0,
    "masks/area": 9.0,
    "grad_norm/critic": 9.0,
    "learning_rate/critic": 9.0,
}


def make(**options: int | bool) -> progress.Progress:
    phases = ("critic", "generator")
    return progress.Progress(frames_per_step=6, phases=phases, **options)


def pace() -> progress.Pace:
    measured = progress.Pace()
    measured.add(steps=8, waiting=1.0, computing=3.0)
    return measured


def test_pace_counts_waiting_as_part_of_the_time() -> None:
    assert pace().steps_per_second == 2.0  # 8 steps in 1 + 3 seconds
    assert pace().data_wait == 0.25


@pytest.mark.parametrize(
    "is_long, shown",
    [
        (False, "critic 0.75 generator 2"),
        (True, "critic/real 0.5 critic/fake 0.25 generator/rec 2"),
    ],
)
def test_line_has_speed_time_left_wait_and_losses(is_long: bool, shown: str) -> None:
    display = make(steps=100, start=0, is_terminal=False, is_long=is_long)
    # 80 steps are left at 2 a second: 40 seconds; 2 steps a second of 6 frames are 12.
    assert display.line(20, pace(), LOSSES) == (
        "step 20/100 20.0% | 2.00 step/s 12 frames/s | eta 0:00:40 | data wait 25% | "
        f"{shown}"
    )


def test_a_short_line_has_at_most_160_characters_with_its_time() -> None:
    phases = [f"a_long_name_of_phase_{number}" for number in range(9)]
    losses = {f"{phase}/loss": 0.125 for phase in phases}
    display = progress.Progress(
        steps=9, start=0, frames_per_step=6, phases=phases, is_terminal=False
    )
    line = display.line(1, pace(), losses)
    assert len(f"12:34:56 {line}") <= 160
    assert line.endswith(" ...") and "a_long_name_of_phase_1 0.125 ..." in line


def test_first_line_claims_no_speed() -> None:
    display = make(steps=9, start=0, is_terminal=False)
    assert (
        display.line(1, progress.Pace(), {"critic/b": 1.0})
        == "step 1/9 11.1% | critic 1"
    )


def test_terminal_gets_a_bar_with_a_total_for_each_phase(
    capsys: pytest.CaptureFixture[str],
) -> None:
    display = make(steps=10, start=4, is_terminal=True)
    display.block(7, LOSSES)
    display.make_way()
    shown = capsys.readouterr().out
    assert "3/6" in shown and "━" in shown  # three of the six steps that were left
    assert "critic: 0.7500" in shown and "generator: 2.0000" in shown
    assert "logits" not in shown


def test_log_lines_do_not_run_into_the_bar(capsys: pytest.CaptureFixture[str]) -> None:
    display = make(steps=10, start=0, is_terminal=True)
    display.make_way()
    assert capsys.readouterr().out == ""
    display.interval(5, pace(), LOSSES)
    display.make_way()
    display.make_way()
    shown = capsys.readouterr().out
    assert shown.endswith("\n") and not shown.endswith("\n\n")
    assert "frames/s: 12.0000" in shown and "data wait: 0.2500" in shown


def test_bar_shows_values_as_they_are() -> None:
    display = make(steps=10, start=0, is_terminal=True)
    display.block(1, {"critic/b": 1.0})
    display.block(2, {"critic/b": 3.0})
    assert display._bar._values["critic"] == [3.0, 1]


def test_no_bar_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    display = make(steps=10, start=0, is_terminal=False)
    display.block(1, LOSSES)
    display.make_way()
    assert capsys.readouterr().out == ""
