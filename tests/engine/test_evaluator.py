"""Every clip once, with the slow weights, on what the split has."""

import numpy as np
import pytest

from tests.engine import toy
from tfvideogan.core import clip, errors
from tfvideogan.engine import build, evaluator
from tfvideogan.metrics import streaming


class Counter(streaming.Metric):
    """Counts clips and remembers the shapes."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.clips = []

    def update(self, batch, outputs) -> None:
        assert len(batch["frames"]) == len(outputs["frames"])
        self.clips += list(batch["frames"])
        self.frames = outputs["frames"].shape[1]

    def merge(self, other: "Counter") -> None:
        self.clips += other.clips

    def result(self) -> dict[str, float]:
        return {"clips/all/T": len(self.clips), "nothing/all/T": float("nan")}

    def intervals(self) -> dict[str, tuple[float, float]]:
        return {"clips/all/T": (11.0, 12.5)}


class FurtherCounter(Counter):
    """Keeps the further real clips, too, and the number of clips to come."""

    more_real = True

    def reset(self) -> None:
        super().reset()
        self.further = []

    def prepare(self, num_clips: int, spec: clip.ClipSpec) -> None:
        assert not self.clips
        self.num_clips, self.spec = num_clips, spec

    def update_real(self, batch) -> None:
        self.further += list(batch["frames"])


def plan(**options: object) -> evaluator.Plan:
    return evaluator.Plan(**{"split": "test", "multiples": 2, **options})


@pytest.mark.parametrize("batch_size", [1, 5, 12, 99])
def test_every_clip_counts_once(batch_size: int, built: build.Built) -> None:
    counter = Counter()
    judge = evaluator.Evaluator(built.model, built.source, [counter])
    report = judge.run(plan(batch_size=batch_size))
    assert report.results["clips/all/T"] == 12
    assert len({clip.tobytes() for clip in counter.clips}) == 12


def test_further_outputs_stand_beside_those_of_the_model(built: build.Built) -> None:
    class Watching(Counter):
        def update(self, batch, outputs) -> None:
            super().update(batch, outputs)
            np.testing.assert_array_equal(outputs["doubled"], 2 * batch["frames"])

    judge = evaluator.Evaluator(
        built.model,
        built.source,
        [Watching()],
        further_outputs=lambda batch: {"doubled": 2 * batch["frames"]},
    )
    # The last batch is of two clips: what is padded for the model is not asked for.
    assert judge.run(plan(batch_size=5)).results["clips/all/T"] == 12


@pytest.mark.parametrize("clips, expected", [(1, 1), (7, 7), (99, 12), (None, 12)])
def test_number_of_clips(clips: int, expected: int, built: build.Built) -> None:
    judge = evaluator.Evaluator(built.model, built.source, [Counter()])
    report = judge.run(plan(clips=clips, batch_size=5))
    assert report.results["clips/all/T"] == report.protocol["clips"] == expected


def test_rehearsal_shows_a_batch_and_is_forgotten(built: build.Built) -> None:
    class Rehearsed(FurtherCounter):
        shown = 0

        def update(self, batch, outputs) -> None:
            super().update(batch, outputs)
            Rehearsed.shown += len(batch["frames"])

    counter = Rehearsed()
    judge = evaluator.Evaluator(built.model, built.source, [counter])
    judge.rehearse(plan(clips=7, batch_size=5))
    assert (counter.num_clips, Rehearsed.shown, counter.clips) == (7, 5, [])


@pytest.mark.parametrize("multiples, frames", [(1, 3), (2, 6), (4, 6)])
def test_windows_end_with_the_shortest_clip(
    multiples: int, frames: int, built: build.Built
) -> None:
    counter = Counter()
    judge = evaluator.Evaluator(built.model, built.source, [counter])
    report = judge.run(plan(multiples=multiples, clips=1))
    assert counter.frames == report.protocol["frames"] == frames


def test_windows_have_the_length_that_is_asked_for(built: build.Built) -> None:
    counter = Counter()
    judge = evaluator.Evaluator(built.model, built.source, [counter])
    assert judge.run(plan(frames=5, clips=1)).protocol["frames"] == counter.frames == 5


def test_seed_draws_other_clips_and_windows(built: build.Built) -> None:
    seen = {}
    for seed in (None, 1, 2):
        counter = Counter()
        judge = evaluator.Evaluator(built.model, built.source, [counter])
        report = judge.run(plan(frames=4, clips=3, seed=seed))
        assert report.protocol["seed"] == seed
        seen[seed] = {clip.tobytes() for clip in counter.clips}
        assert len(seen[seed]) == 3
    assert seen[None] != seen[1] != seen[2]


def test_batch_size_changes_no_result(built: build.Built) -> None:
    judge = evaluator.Evaluator(built.model, built.source, [toy.MeanError()])
    one = judge.run(plan(batch_size=1)).results["error/model/T"]
    five = judge.run(plan(batch_size=5)).results["error/model/T"]
    assert one == pytest.approx(five, rel=1e-6)


def test_slow_weights_judge_and_fast_ones_come_back(built: build.Built) -> None:
    for variable in built.model.generator.variables:
        variable.assign(variable * 0.0 + 5.0)
    before = built.model.generator.get_weights()
    judge = evaluator.Evaluator(built.model, built.source, [toy.MeanError()])
    slow = judge.run(plan()).results["error/model/T"]
    fast = judge.run(plan(weights="raw")).results["error/model/T"]
    assert abs(slow - fast) > 0.1
    for old, new in zip(before, built.model.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_each_run_starts_anew(built: build.Built) -> None:
    judge = evaluator.Evaluator(built.model, built.source, [Counter()])
    judge.run(plan(clips=3))
    assert judge.run(plan(clips=3)).results["clips/all/T"] == 3


def test_request_to_stop_ends_it_without_a_report(built: build.Built) -> None:
    counter = Counter()
    judge = evaluator.Evaluator(built.model, built.source, [counter])
    answers = iter([False, True])
    assert judge.run(plan(batch_size=2), should_stop=lambda: next(answers)) is None
    assert len(counter.clips) == 2


def clips_of(source: toy.ToySource, split: str, numbers: range) -> list[np.ndarray]:
    """Clips of a split as a model sees them."""
    clips = [one["frames"] for one in source.clips(split)]
    return [clips[number] / 127.5 - 1.0 for number in numbers]


@pytest.mark.parametrize(
    "clips, split, numbers",
    [
        (6, "test", range(6, 12)),  # those behind the judged ones
        (7, "train", range(7)),  # there are but five of them
        (None, "train", range(12)),
    ],
)
def test_further_real_clips_were_not_judged(
    clips: int | None, split: str, numbers: range, built: build.Built
) -> None:
    counter = FurtherCounter()
    judge = evaluator.Evaluator(built.model, built.source, [counter, Counter()])
    report = judge.run(plan(clips=clips, batch_size=4))
    assert counter.num_clips == len(counter.clips) == len(numbers)
    assert counter.spec == built.source.spec
    expected = clips_of(built.source, split, numbers)
    np.testing.assert_allclose(counter.further, expected, atol=1e-6)
    about = {"split": split, "first": numbers[0], "clips": len(numbers)}
    assert report.protocol["more_real"] == about


@pytest.mark.parametrize("clips, further", [(8, 4), (12, 0)])
def test_too_few_further_clips_are_told(
    clips: int, further: int, built: build.Built, caplog: pytest.LogCaptureFixture
) -> None:
    counter = FurtherCounter()
    judge = evaluator.Evaluator(built.model, built.source, [counter])
    report = judge.run(plan(split="train", clips=clips))
    assert len(counter.further) == report.protocol["more_real"]["clips"] == further
    assert f"only {further} further real clips of 6 frames (train), not" in caplog.text


def test_request_to_stop_ends_further_clips_too(built: build.Built) -> None:
    judge = evaluator.Evaluator(built.model, built.source, [FurtherCounter()])
    answers = iter([False, True])
    stopped = judge.run(plan(clips=6, batch_size=6), should_stop=lambda: next(answers))
    assert stopped is None


def test_nothing_further_is_read_for_nobody(built: build.Built) -> None:
    report = evaluator.Evaluator(built.model, built.source, [Counter()]).run(plan())
    assert "more_real" not in report.protocol
    assert report.protocol["metrics"] == ["Counter"]


def test_record_says_how_and_turns_nan_into_null(built: build.Built) -> None:
    report = evaluator.Evaluator(built.model, built.source, [Counter()]).run(plan())
    record = report.record()
    assert record["results"] == {"clips/all/T": 12.0, "nothing/all/T": None}
    assert record["intervals"] == {"clips/all/T": [11.0, 12.5]}
    assert record["data"] == "toy clips, procedural, 8x8"
    assert record["is_procedural"] and record["weights"] == "ema"
    assert report.finite() == {"clips/all/T": 12.0}


def test_table_has_a_row_for_measure_and_subject() -> None:
    text = evaluator.table(
        {
            "J mean/model/T": 0.8,
            "J mean/model/2T": 0.7,
            "F mean/model/T": float("nan"),
            "J mean/copied mask/T": 0.5,
        }
    )
    assert text.splitlines() == [
        "                       T   2T",
        "J mean  model        0.8  0.7",
        "        copied mask  0.5",
        "F mean  model        n/a",
    ]


def test_table_shows_how_far_intervals_reach() -> None:
    text = evaluator.table(
        {"J mean/model/T": 0.8, "J mean/copied mask/T": 0.5, "F/model/T": float("nan")},
        # The farther end counts: 0.8 - 0.77 and 0.54 - 0.5.
        {"J mean/model/T": (0.77, 0.81), "J mean/copied mask/T": (0.47, 0.54)},
    )
    assert text.splitlines() == [
        "                             T",
        "J mean  model        0.8 ±0.03",
        "        copied mask  0.5 ±0.04",
        "F       model              n/a",
        "",
        evaluator.EXPLANATION,
    ]


def test_wide_table_goes_on_below_with_the_rows_that_do() -> None:
    steps = {f"PSNR/model/+{step}": 10.0 + step for step in range(1, 21)}
    text = evaluator.table({**steps, "frozen/model/all": 0.5})
    first, second = (part.splitlines() for part in text.split("\n\n"))
    assert max(map(len, [*first, *second])) <= evaluator.TABLE_WIDTH
    assert first[0].split() + second[0].split() == [
        *(f"+{step}" for step in range(1, 21)),
        "all",
    ]
    assert [line.split()[0] for line in first[1:]] == ["PSNR"]
    assert [line.split()[0] for line in second[1:]] == ["PSNR", "frozen"]


def test_table_of_nothing_is_empty() -> None:
    assert evaluator.table({}) == ""


@pytest.mark.parametrize(
    "options, rule",
    [
        ({"clips": 0}, "`clips` \\(0\\) must be at least 1"),
        ({"multiples": 0}, "`multiples`"),
        ({"batch_size": 0}, "`batch_size`"),
        ({"frames": 0}, "`frames`"),
        ({"weights": "old"}, "must be one of ema, raw"),
    ],
)
def test_impossible_plans_are_refused(options: dict, rule: str) -> None:
    with pytest.raises(errors.UserError, match=rule):
        plan(**options)


def test_unknown_split_is_refused_with_the_choices(built: build.Built) -> None:
    judge = evaluator.Evaluator(built.model, built.source, [Counter()])
    with pytest.raises(errors.UserError, match="train, validation, test"):
        judge.run(plan(split="tests"))


class Follower(Counter):
    """Follows an object."""

    needs_plain_ground = True


def test_metrics_of_one_object_do_not_judge_films_of_any_scene(
    caplog: pytest.LogCaptureFixture,
) -> None:
    source = toy.ToySource()
    metrics = [Counter(), Follower()]
    assert evaluator.fitting(metrics, source) == metrics
    source.has_plain_ground = False
    with caplog.at_level("INFO", logger="absl"):
        assert evaluator.fitting(metrics, source) == metrics[:1]
    assert caplog.messages == [
        "Left out, as they follow one object before a plain ground: Follower."
    ]


class Comparer(Counter):
    """Compares with the masks of all frames."""

    needs_all_masks = True


def test_metrics_of_masks_do_not_judge_films_with_a_first_mask_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    source = toy.ToySource()
    metrics = [Comparer(), Counter(), Follower()]
    source.has_all_masks = False
    with caplog.at_level("INFO", logger="absl"):
        assert evaluator.fitting(metrics, source) == metrics[1:]
    assert caplog.messages == [
        "Left out, as they compare with masks that only first frames have: Comparer."
    ]
    source.has_plain_ground = False
    assert evaluator.fitting(metrics, source) == metrics[1:2]


def test_default_split_is_the_first_wanted_that_exists() -> None:
    source = toy.ToySource()
    assert evaluator.default_split(source, "none", "validation") == "validation"
    assert evaluator.default_split(source, "none") == "test"
