import json
import subprocess
import sys

import pytest

from tests import source_tree

TINY = "gin/foregan/baseline.gin+gin/smoke.gin"
WIDTH = "options.Options.width = 0.0625"


def benchmark(*arguments):
    return subprocess.run(
        [sys.executable, "tools/benchmark_train.py", "--steps=1", *arguments],
        cwd=source_tree.ROOT,
        env={"PYTHONPATH": str(source_tree.ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.long
def test_a_row_tells_step_work_peak_and_memory_of_each_combination(tmp_path):
    path = tmp_path / "rows.jsonl"
    done = benchmark(
        f"--gin_file={TINY}",
        f"--gin_param={WIDTH}",
        "--synthetic_batch",
        f"--json={path}",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    row = json.loads(path.read_text(encoding="utf-8"))
    assert row["clip"] == [4, 32, 32] and row["batch_size"] == 2
    for name in ("step_s", "frames_per_s", "gflop", "peak_gflops", "peak_memory_gb"):
        assert row[name] > 0, name
    assert 0 < row["share_of_peak"] < 1
    shares = {tuple(one["phases"]): one["share"] for one in row["phases"]}
    # The generators of the original learn on every fifth step.
    assert shares == {("critic", "generator"): 0.2, ("critic",): 0.8}
    both, rest = (one["gflop"] for one in row["phases"])
    assert both > rest
    assert row["gflop"] == pytest.approx(0.2 * both + 0.8 * rest)


@pytest.mark.long
def test_a_misspelt_binding_is_one_line_and_exit_2():
    done = benchmark(f"--gin_file={TINY}", "--gin_param=loop.run.stepz = 3")
    assert done.returncode == 2
    assert "stepz" in done.stdout and "Traceback" not in done.stdout
