"""Records as Markdown: the tables of docs/results.md, and README's.

A number has the decimals of its size (0.957, 1.58, 34.5) and its 95 % interval behind it;
several trainings of a row are shown as mean and range of their seeds.
"""

import math
from collections.abc import Iterable, Iterator, Sequence

from results_table import claims, rows, table
from results_table import records as recorded

from tfvideogan.metrics import measures

SIGNIFICANT, MAX_DECIMALS = 3, 3
# Such as warping errors, means of squares of numbers in [0, 1].
SMALL, FEW_SIGNIFICANT, FLOAT32_DECIMALS = 0.01, 2, 7
NOT_AVAILABLE = "n/a"
NO_INTERVALS = "no intervals yet"
MODEL, FLOOR = "model", "floor"
README_HEAD = "| model | data | gin file | reached | time |", "|---|---|---|---|---|"
SUMMARY_HEAD = (
    "| row | measured | score | floor | beside it | clips |",
    "|---" * 6 + "|",
)
TRAININGS_HEAD = "| seed | training | machine | commit | judged |", "|---" * 5 + "|"


def of(
    records: Iterable[recorded.Record], row_id: str, protocol: str = ""
) -> list[recorded.Record]:
    """Returns the records of a row that a protocol judged, by seed."""
    found = [one for one in records if (one.row, one.protocol) == (row_id, protocol)]
    return sorted(found, key=lambda one: one.seed)


def number(value: float, like: float | None = None) -> str:
    """Returns a number as text: three digits, three decimals at most.

    What these decimals would hide has two digits.

    Args:
      value: the number.
      like: a number whose decimals are taken instead.
    """
    size = abs(value if like is None else like)
    above = math.floor(math.log10(size)) + 1 if size else 0
    decimals = min(max(SIGNIFICANT - above, 0), MAX_DECIMALS)
    if 0.0 < size < SMALL:
        decimals = min(FEW_SIGNIFICANT - above, FLOAT32_DECIMALS)
    return f"{value:.{decimals}f}"


def value_and_spread(found: Sequence[recorded.Record], result: str) -> tuple[str, str]:
    """Returns the value of a result and what goes behind it.

    Args:
      found: trainings of one row.
      result: its name.

    Returns:
      ("0.957", "[0.951, 0.962]") of one training, without an interval ("0.957", "");
      ("0.955", "(0.953 to 0.957, 3 seeds)") of several; ("n/a", "") where it has no
      value, ("", "") where there is no such result.
    """
    with_it = [one for one in found if result in one.results]
    known = [one for one in with_it if one.results[result] is not None]
    if not known:
        return NOT_AVAILABLE if with_it else "", ""
    values = [one.results[result] for one in known]
    mean = sum(values) / len(values)
    if len(values) > 1:
        low, high = (number(end, mean) for end in (min(values), max(values)))
        return number(mean), f"({low} to {high}, {len(values)} seeds)"
    ends = known[0].intervals.get(result)
    if ends is None:
        # As few digits as were written down, if no more are known.
        return min(number(mean), f"{mean:g}", key=len), ""
    low, high = (number(end, mean) for end in ends)
    return number(mean), f"[{low}, {high}]"


def cell(found: Sequence[recorded.Record], result: str) -> str:
    """Returns a result as one text."""
    return " ".join(filter(None, value_and_spread(found, result)))


def score_cell(
    score: rows.Score,
    found: Sequence[recorded.Record],
    records: Sequence[recorded.Record],
) -> str:
    """Returns a score, in bold if it is better than all that it is compared with.

    Args:
      score: to tell.
      found: trainings of its row.
      records: of all rows, rivals among them.
    """
    value, spread = value_and_spread(found, score.result)
    if is_best(score, found, records):
        value = f"**{value}**"
    return " ".join(filter(None, (value, spread)))


def is_best(
    score: rows.Score,
    found: Sequence[recorded.Record],
    records: Sequence[recorded.Record],
) -> bool:
    """Says whether a score is better than its baselines and its rivals, if it has any."""
    ours = _intervals(found, score.result)
    others = []
    for baseline in score.baselines:
        differences = _intervals(found, score.difference(baseline))
        if differences:  # On the same clips: surer than two intervals.
            others.append((differences, [claims.NOTHING], 1))
        else:
            others.append((ours, _intervals(found, score.of(baseline)), 1))
    for rival in score.rivals:
        theirs = of(records, rival, found[0].protocol)
        others.append((ours, _intervals(theirs, score.result), claims.SEEDS))
    has_clips = min(one.clips for one in found) >= claims.CLIPS
    return (
        has_clips
        and bool(others)
        and all(
            claims.is_better(
                one, other, is_lower_better=score.is_lower_better, seeds=seeds
            )
            for one, other, seeds in others
        )
    )


def scores(row: rows.Row, found: Sequence[recorded.Record]) -> list[rows.Score]:
    """Returns what is shown of records: the row's scores, or all that a protocol has."""
    names = list(found[0].results)
    if not found[0].protocol:
        return [one for one in row.scores if one.result in names]
    scores = []
    for name in names:
        measure, subject, column = measures.split(name)
        if subject == MODEL:
            beside = tuple(
                other
                for other_measure, other, other_column in map(measures.split, names)
                if (other_measure, other_column) == (measure, column)
                and other not in (MODEL, FLOOR)
                and not other.startswith(f"{MODEL} - ")
            )
            scores.append(rows.Score(name, f"{measure}, {column}", references=beside))
    return scores


def readme_table(records: Sequence[recorded.Record]) -> str:
    """Returns README's table: a line for each row that was measured."""
    lines = [*README_HEAD]
    for row in table.ROWS:
        found = of(records, row.id)
        if not found:
            continue
        cell = "; ".join(
            f"{one.label} {score_cell(one, found, records)}"
            for one in scores(row, found)
        )
        files = " + ".join(f"`{one}`" for one in row.gin_files)
        model = f"[{row.title}]({row.link})"
        cell += f"; {found[0].clips} {found[0].split} clips"
        if not any(one.intervals for one in found):
            cell += f", {NO_INTERVALS}"
        lines.append(_line(model, row.data, files, cell, _training(found[0])))
    return "\n".join(lines)


def document(records: Sequence[recorded.Record]) -> str:
    """Returns docs/results.md's tables of what has intervals, a part for each task."""
    records = [one for one in records if one.intervals]
    return "\n\n".join(part for task in rows.TASKS for part in _task(task, records))


def results_table(found: Sequence[recorded.Record]) -> str:
    """Returns all results of a row: a line for each measure and subject."""
    names = dict.fromkeys(name for one in found for name in one.results)
    parts = [measures.split(name) for name in names]
    columns = list(dict.fromkeys(column for _, _, column in parts))
    order = list(dict.fromkeys(measure for measure, _, _ in parts))
    pairs = dict.fromkeys((measure, subject) for measure, subject, _ in parts)
    lines = [_line("", "", *columns), "|---" * (len(columns) + 2) + "|"]
    for measure, subject in sorted(pairs, key=lambda pair: order.index(pair[0])):
        cells = [cell(found, f"{measure}/{subject}/{column}") for column in columns]
        lines.append(_line(measure, subject, *cells))
    return "\n".join(lines)


def _task(task: str, records: Sequence[recorded.Record]) -> Iterator[str]:
    summary, details, missing = [*SUMMARY_HEAD], [], []
    for row in (one for one in table.ROWS if one.task == task):
        protocols = sorted({one.protocol for one in records if one.row == row.id})
        if not protocols:
            missing.append(f"`{row.id}`")
        for protocol in protocols:
            found = of(records, row.id, protocol)
            summary += _summary(row, found, records)
            details += _details(row, found)
    yield f"## {task}"
    if details:
        yield "\n".join(summary)
        yield from details
    if missing:
        yield f"Not measured with intervals yet: {', '.join(missing)}."


def _summary(
    row: rows.Row,
    found: Sequence[recorded.Record],
    records: Sequence[recorded.Record],
) -> Iterator[str]:
    first = found[0]
    for score in scores(row, found):
        beside = {
            subject: cell(found, score.of(subject))
            for subject in (*score.baselines, *score.references)
        }
        for subject in score.baselines:
            difference = cell(found, score.difference(subject))
            beside[subject] += f", difference {difference}" if difference else ""
        for rival in score.rivals:
            theirs = of(records, rival, first.protocol)
            beside[f"`{rival}`"] = cell(theirs, score.result)
        yield _line(
            f"`{row.id}`",
            score.label,
            score_cell(score, found, records),
            cell(found, score.of(FLOOR)),
            "; ".join(f"{who} {what}" for who, what in beside.items() if what),
            f"{first.clips}, {'procedural' if first.is_procedural else 'real'}",
        )


def _details(row: rows.Row, found: Sequence[recorded.Record]) -> Iterator[str]:
    first = found[0]
    protocol = f", protocol {first.protocol}" if first.protocol else ""
    yield f"### {row.id}{protocol}"
    about = [
        f"[{row.title}](../{row.link}).",
        f"Data: {first.data}; judged on {first.clips} {first.split} clips of "
        f"{first.frames} frames, {first.weights} weights.",
        row.remark,
    ]
    yield " ".join(filter(None, about))
    yield "\n".join(["```bash", first.train, *first.evaluate, "```"])
    lines = [*TRAININGS_HEAD]
    for one in found:
        commit, day = f"`{one.commit}`", one.judged.partition("T")[0]
        lines.append(_line(str(one.seed), _training(one), _machine(one), commit, day))
    yield "\n".join(lines)
    yield results_table(found)


def _training(one: recorded.Record) -> str:
    parts = [f"{one.step:,} steps"]
    if one.minutes is not None:
        company = {None: "", True: " beside other programs", False: " alone"}
        parts.append(f"{one.minutes:.0f} min{company[one.is_shared]}")
    if one.cpu_minutes is not None:
        parts.append(f"{one.cpu_minutes:.0f} min of CPU time")
    return ", ".join(filter(None, (*parts, one.note)))


def _machine(one: recorded.Record) -> str:
    peak = "" if one.peak_gflops is None else f", peak {one.peak_gflops:.0f} GFLOP/s"
    return f"{one.cores} cores of {one.processor}{peak}, {one.device}"


def _intervals(
    found: Iterable[recorded.Record], result: str
) -> list[claims.Interval | None]:
    ends = [one.intervals.get(result) for one in found if result in one.results]
    return [None if one is None else tuple(one) for one in ends]


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
