"""The door of the demo page: which models it opens, and the page in a browser.

The browser is Debian's chromium, and the page wants gradio: .ci/run has neither, so that
the tests that say so are skipped there. To run them: pip install -e '.[test,demo]',
apt-get install chromium, then pytest -m long tests/test_demo.py.
"""

import contextlib
import pathlib
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests import browser, served_toy, source_tree
from tfvideogan import demo, generate
from tfvideogan.core import clip as clips
from tfvideogan.core import errors
from tfvideogan.library import catalogue
from tfvideogan.media import reader, writer
from tfvideogan.pages import layout, sources
from tfvideogan.serving.export import checked
from tfvideogan.serving.local import server as local_server
from tfvideogan.serving.local.lifecycle import config

gradio_needed = pytest.mark.skipif(
    layout.gr is None, reason="no gradio (pip install -e '.[demo]')"
)
PATIENCE = 180.0
LOCAL = ("data:", "blob:")
PLAYING = """[...document.querySelectorAll('.tv-player video')].filter(
  film => film.readyState > 2 && !film.paused && film.videoWidth == 64).length"""


def found(monkeypatch, *flags: str) -> list[tuple]:
    """What the door loads for some flags."""
    loaded = []
    for name in ("exported", "trained", "served"):
        monkeypatch.setattr(
            sources, name, lambda *given, name=name, **more: (name, *given, more)
        )
    loaded = demo.find(demo.make_parser().parse_args(flags))
    return list(loaded)


def test_a_model_is_an_export_a_run_or_behind_a_server(monkeypatch) -> None:
    assert found(monkeypatch, "--model=a", "--model=b", "--version=2") == [
        ("exported", "a", 2, {}),
        ("exported", "b", 2, {}),
    ]
    assert found(monkeypatch, "--server=http://h:1", "--model=a") == [
        ("served", "http://h:1", "a", None, {})
    ]
    assert found(monkeypatch, "--workdir=runs/x") == [("trained", "runs/x", {})]
    flags = ("--workdir=runs/x", "--weights=raw", "--gin_param=A = 1")
    assert found(monkeypatch, *flags) == [
        ("trained", "runs/x", {"bindings": ["A = 1"], "weights": "raw"})
    ]


def test_without_flags_all_exports_are_opened(monkeypatch) -> None:
    monkeypatch.setattr(catalogue, "list_models", lambda: ["a", "b"])
    assert [one[1] for one in found(monkeypatch)] == ["a", "b"]
    monkeypatch.setattr(catalogue, "list_models", list)
    with pytest.raises(errors.UserError, match="has no model; name one by --model"):
        found(monkeypatch)


@pytest.mark.parametrize(
    "flags, said",
    [
        (("--workdir=r", "--model=m"), "--workdir is a model by itself"),
        (("--server=http://h",), "--server=http://h does not say what it has"),
    ],
)
def test_flags_that_contradict_each_other_are_refused(
    monkeypatch, flags: tuple[str, ...], said: str
) -> None:
    with pytest.raises(errors.UserError, match=said):
        found(monkeypatch, *flags)


def test_without_gradio_one_line_says_what_to_install(monkeypatch, capsys) -> None:
    monkeypatch.setattr(layout, "gr", None)
    assert demo.main(["--model=foregan"]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(
        "error: the page is made with gradio, which is not installed"
    )
    assert "pip install 'tfvideogan[demo]'" in last


# --- In a browser


@contextlib.contextmanager
def opened(*flags: str) -> Iterator[str]:
    """The address of the door's page, in a process of its own."""
    command = [sys.executable, "-m", "tfvideogan.demo", "--port=0", *flags]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=source_tree.ROOT
    ) as door:
        try:
            ready = door.stdout.readline().split()
            assert ready[:1] == ["READY"]
            yield ready[1]
        finally:
            door.send_signal(signal.SIGINT)
    assert door.returncode == 0


def clip(folder: pathlib.Path) -> pathlib.Path:
    """A film of 8 frames of a bright square that moves on noise."""
    frames = np.random.default_rng(0).integers(0, 60, [8, 64, 64, 3], np.uint8)
    for time in range(8):
        frames[time, 20:36, 16 + 3 * time : 32 + 3 * time] = [230, 200, 60]
    path = folder / "clip.mp4"
    writer.write_video(path, frames, 8)
    return path


def visible(selector: str) -> str:
    """JavaScript for the first element of a selector in the tab that is open."""
    return (
        f"[...document.querySelectorAll({selector!r})]"
        ".find(one => one.offsetParent || one.type == 'file')"
    )


def paint_a_frame_around_the_square(page: browser.Page) -> None:
    """Draws around the first square of `clip` with the mouse."""
    # The first frame is in the middle of the canvas, 288 pixels large, 4.5 for each pixel.
    script = """(() => { const box = document.querySelector('.tv-painting canvas')
      .getBoundingClientRect();
      return [box.x + box.width / 2, box.y + box.height / 2]; })()"""
    x, y = page.value(script)
    left, right, top, bottom = x - 80, x + 8, y - 62, y + 26
    page.drag([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)])


@browser.needed
@gradio_needed
@pytest.mark.long
def test_a_mask_is_painted_and_the_answer_plays(
    tmp_path: pathlib.Path, monkeypatch
) -> None:
    film = clip(tmp_path)
    with (
        opened("--model=saved_models/foregan") as address,
        browser.Page(address, tmp_path / "profile") as page,
    ):
        page.upload(".tv-drop input[type=file]", film, seconds=PATIENCE)
        # The scale of the frame, once it is there.
        page.wait(
            "document.querySelector('.tv-painting').innerText.includes('56%')",
            seconds=PATIENCE,
        )
        paint_a_frame_around_the_square(page)
        page.click("input[type=radio][value^=GrabCut]")
        page.wait("document.querySelector('.tv-mask img')", seconds=PATIENCE)
        page.click(".tv-run")
        # The input and the answer, over each other, and both run.
        page.wait(f"{PLAYING} == 2", seconds=PATIENCE)
        page.value("""(() => { const slide = document.querySelector('.tv-slide');
          slide.value = 25; slide.dispatchEvent(new Event('input', {bubbles: true}));
          const right = document.querySelector('.tv-right');
          right.value = 'mask';
          right.dispatchEvent(new Event('change', {bubbles: true})); })()""")
        page.wait(f"{PLAYING} == 2", seconds=PATIENCE)
        wipe = page.value(
            "getComputedStyle(document.querySelector('.tv-over')).clipPath"
        )
        shown = page.value("document.querySelector('.tv-under').src")
        command = page.value("document.querySelector('.tv-command textarea').value")
        links = page.value("[...document.querySelectorAll('a')].map(one => one.href)")
        for name in ("out.mp4", "mask.png"):
            [link] = {one for one in links if one.endswith(f"/{name}")}
            (tmp_path / name).write_bytes(page.fetch(link))
        asked = page.requested
    strangers = [one for one in asked if not one.startswith((address, *LOCAL))]
    assert not strangers
    assert wipe == "inset(0px 75% 0px 0px)" and shown.endswith("out_mask.mp4")
    square = np.zeros([64, 64], bool)
    square[20:36, 16:32] = True
    mask = np.asarray(Image.open(tmp_path / "mask.png")) > 0
    assert (mask & square).sum() / (mask | square).sum() > 0.9
    # What was shown to be copied writes the same film.
    program, door, *flags = shlex.split(command)
    assert (program, door) == ("tfvideogan", "generate")
    answer, _ = reader.read_video(tmp_path / "out.mp4")
    model = source_tree.ROOT / "saved_models/foregan"
    flags[0] = f"--model={model}"
    flags[-1] = "--output=again.mp4"
    monkeypatch.chdir(tmp_path)
    assert generate.main(flags) == 0
    again, _ = reader.read_video("again.mp4")
    assert np.abs(again.astype(int) - answer).mean() < 1.0


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with a model of words and brightness."""
    folder = tmp_path_factory.mktemp("models") / "talking"
    model = served_toy.TalkingGAN()
    model.build_for(clips.ClipSpec(3, 8, 8))
    module = checked.SignatureModule(model.serving_functions())
    tf.saved_model.save(module, str(folder / "1"), signatures=module.concrete)
    models = (config.ModelConfig("talking", folder),)
    started = local_server.LocalServer(
        local_server.Options(models=models, pick_ports=True)
    )
    started.start()
    yield f"http://{started.rest_address}"
    started.stop()


@browser.needed
@gradio_needed
@pytest.mark.long
def test_a_sentence_and_futures_over_rest(served: str, tmp_path: pathlib.Path) -> None:
    film = clip(tmp_path)
    sentence = """((field, text) => { field.value = text;
      field.dispatchEvent(new Event('input', {bubbles: true})); })"""
    with (
        opened(f"--server={served}", "--model=talking") as address,
        browser.Page(address, tmp_path / "profile") as page,
    ):
        page.upload(".tv-drop input[type=file]", film, seconds=PATIENCE)
        # The scrubber is in the middle of the film.
        end = visible("input[type=number]")
        page.wait(f"{end} && {end}.value == 4", seconds=PATIENCE)
        page.value(f"{sentence}({visible('.tv-text textarea')}, 'quickly')")
        page.value(f"{visible('.tv-run')}.click()")
        page.wait("document.querySelector('.tv-under')", seconds=PATIENCE)
        page.wait("document.querySelector('.tv-under').videoWidth", seconds=PATIENCE)
        # Four futures in a square, 8 pixels and a gap of 2 each.
        size = page.value("document.querySelector('.tv-under').videoWidth")
        command = page.value("document.querySelector('.tv-command textarea').value")
        page.value("""[...document.querySelectorAll('[role=tab]')]
          .find(one => one.innerText.trim() == 'generate').click()""")
        page.wait(visible(".tv-text textarea"), seconds=PATIENCE)
        page.value(f"{sentence}({visible('.tv-text textarea')}, 'sideways')")
        page.value(f"{visible('.tv-run')}.click()")
        page.wait(
            "document.body.innerText.includes('not in the vocabulary')",
            seconds=PATIENCE,
        )
    assert size == 2 * 8 + 2 * 2
    assert command == (
        "tfvideogan client --server=127.0.0.1:8500 --model=talking --signature=predict "
        "--input=clip.mp4 --text=quickly --samples=4 --max_frames=4 --output=out.mp4"
    )
