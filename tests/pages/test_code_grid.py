"""Contents crossed with motions, and the program that does the same."""

import numpy as np

import tfvideogan
from tests.pages import greys
from tfvideogan.library import model
from tfvideogan.media import reader, sheets
from tfvideogan.pages import code_grid, fields


def test_rows_share_a_content_and_columns_a_motion(tmp_path) -> None:
    source = greys.source()
    page = fields.of("crossed", source.known)
    grid = code_grid.Grid(content=5, motion=7, side=2, fps=4)
    answer = code_grid.run(source, page, grid, tmp_path)
    frames, fps = reader.read_video(answer.films["video"])
    step = greys.SIZE + sheets.GAP
    found = frames[0, 1::step, 1::step, 0].astype(int)
    # The model answers 128 + 10 (content + motion), so differences of columns agree.
    rows, columns = found[1] - found[0], found[:, 1] - found[:, 0]
    assert abs(rows[0] - rows[1]) <= 4 and abs(columns[0] - columns[1]) <= 4
    assert fps == 4 and found.shape == (2, 2)

    def total(seed: tuple[int, ...], *shape: int) -> float:
        return np.random.default_rng(seed).standard_normal(shape, np.float32).sum()

    content = total((6,), 2)
    motion = total((7, 0), 1) + total((7, 1), 4, 1)
    assert abs(found[1, 0] - (128 + 10 * (content + motion))) <= 4


def test_the_program_that_is_shown_writes_the_same_file(tmp_path, monkeypatch) -> None:
    source = greys.source()
    page = fields.of("crossed", source.known)
    answer = code_grid.run(source, page, code_grid.Grid(side=2), tmp_path)
    assert answer.said == ["grid.mp4: video, 4 clips of 4 frames"]
    there = tmp_path / "there"
    there.mkdir()
    monkeypatch.chdir(there)
    loaded = {source.place: model.Model("greys", source.client)}
    monkeypatch.setattr(tfvideogan, "load", loaded.get, raising=False)
    exec(compile(answer.command, "shown", "exec"), {})
    assert (there / "grid.mp4").read_bytes() == answer.films["video"].read_bytes()
