"""Waits are said and can be given up."""

import threading
import time

import pytest

from tfvideogan.engine.processes import waiting


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "FIRST", 0.05)
    monkeypatch.setattr(waiting, "LOOK", 0.01)


def test_lines_come_ever_rarer(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = [0.0]
    monkeypatch.setattr(waiting, "FIRST", 10.0)
    monkeypatch.setattr(waiting.time, "monotonic", lambda: now[0])
    lines, said = waiting.Lines("a friend"), []
    for second in range(500):
        now[0] = float(second)
        before = len(caplog.records)
        assert lines.look() == second
        said += [second] * (len(caplog.records) - before)
    # 10, 20, 40, 80, 160, and then each two minutes.
    assert said == [10, 20, 40, 80, 160, 280, 400]
    assert "Waiting for a friend (10 s)." in caplog.text


def test_a_long_block_is_said_and_a_short_one_is_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with waiting.said("nothing"):
        pass
    with waiting.said("a friend"):
        while not caplog.records:
            time.sleep(0.01)
    assert "Waiting for a friend" in caplog.text and "nothing" not in caplog.text


def test_results_and_errors_come_in_order_from_another_thread() -> None:
    made = iter([1, 2])

    def work() -> tuple[int, str]:
        return next(made), threading.current_thread().name

    beside = waiting.Beside(work, "a number")
    for expected in (1, 2):
        number, thread = beside.result(lambda seconds: False)
        assert number == expected and thread != threading.current_thread().name
    with pytest.raises(StopIteration):
        beside.result(lambda seconds: False)
    beside.close()


def test_a_wait_is_given_up() -> None:
    stuck = threading.Event()
    beside = waiting.Beside(stuck.wait, "no worker")
    waited = []

    def gives_up(seconds: float) -> bool:
        waited.append(seconds)
        return len(waited) == 3

    assert beside.result(gives_up) is None
    assert waited == sorted(waited) and waited[0] > 0.0
    stuck.set()
    beside.close()


def test_what_the_function_holds_is_freed_by_the_thread_that_closes() -> None:
    freed = []

    class Held:
        def __call__(self) -> int:
            return 3

        def __del__(self) -> None:
            freed.append(threading.current_thread())

    for _ in range(50):
        beside = waiting.Beside(Held(), "a friend")
        assert beside.result(lambda seconds: False) == 3
        beside.close()
        del beside
    assert freed == [threading.main_thread()] * 50
