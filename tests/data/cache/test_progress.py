import io

from absl import logging

from tfvideogan.data.cache import progress


def test_items_pass_in_order(capsys):
    assert list(progress.shown(iter("abc"), 3, "Reading")) == ["a", "b", "c"]


def test_without_a_terminal_a_line_says_when_it_is_done(monkeypatch):
    lines = []
    monkeypatch.setattr(
        logging, "info", lambda text, *values: lines.append(text % values)
    )
    monkeypatch.setattr("sys.stdout", io.StringIO())
    list(progress.shown(range(4), 4, "Converting x"))
    assert lines == ["Converting x: 4 clips.", "Converting x: 4 of 4 clips."]


def test_a_terminal_sees_a_bar(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    list(progress.shown(range(2), 2, "Converting x"))
    assert "2/2" in capsys.readouterr().out
