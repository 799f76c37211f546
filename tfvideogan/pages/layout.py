"""The page itself, in gradio: a tab for each model and, in it, for each of its tasks.

with tempfile.TemporaryDirectory() as room:
    layout.page(found, pathlib.Path(room)).launch(allowed_paths=[room])

Which fields a task has is decided in fields.py; this file says how each one looks.
"""

import html
import pathlib
import shutil
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfvideogan.core import errors, signatures
from tfvideogan.pages import (
    answering,
    code_grid,
    fields,
    painting,
    player,
    requests,
    sources,
)
from tfvideogan.serving.client import flags as client_flags

try:
    import gradio as gr
except ImportError:  # The extra `demo`; see `check`.
    gr = None

TITLE = "tfvideogan"
# Answers whose files are kept; older ones are deleted.
KEPT = 20
MOST_SAMPLES, MOST_SIDE = 16, 6
BRUSH = 24
# Below a heading that is closed at first.
RARE = ("truncation", "context_frames", "dilate", "crop", "stride", "fps", "outputs")
COUNTS = {
    "category": "number of the class, from 0",
    "steps": "frames to make up; as many as the model makes if empty",
    "context_frames": "frames to go on from, at most; 3, or the model's own, if empty",
    "dilate": "pixels by which holes grow; 4 for 240 rows if empty",
    "stride": "take every so many frames",
}

Fields = dict[str, Any]  # gradio's components by the name of what they ask for


def check() -> None:
    """Checks that gradio is there.

    Raises:
      UserError: it is not.
    """
    if gr is None:
        raise errors.UserError(
            "the page is made with gradio, which is not installed: "
            "pip install 'tfvideogan[demo]', in a checkout pip install -e '.[demo]'."
        )


def page(found: Sequence[sources.Source], room: pathlib.Path) -> "gr.Blocks":
    """Returns the page of some models.

    Args:
      found: the models.
      room: a folder for answers, from which the page may read.
    """
    with gr.Blocks(title=TITLE, analytics_enabled=False) as made, gr.Tabs():
        for source in found:
            with gr.Tab(source.name), gr.Tabs():
                for one in fields.pages(source.known):
                    with gr.Tab(one.verb):
                        _task(source, one, room)
    return made


def _task(source: sources.Source, page: fields.Fields, room: pathlib.Path) -> None:
    """Lays out a task: what is asked at the left, the answer at the right."""
    signature = source.known[page.verb].describe()
    gr.Markdown(f"### {page.task}\n`{signature}`")
    with gr.Row():
        with gr.Column(scale=2):
            given = _grid_fields(page) if page.is_grid else _fields(page)
            button = gr.Button("Run", variant="primary", elem_classes="tv-run")
        with gr.Column(scale=3):
            shown = [
                gr.HTML(
                    css_template=player.STYLE,
                    js_on_load=player.SCRIPT,
                    elem_classes="tv-player",
                    min_height=64,
                ),
                gr.Textbox(label="what came", lines=2, interactive=False),
                gr.Textbox(
                    label="the same without this page",
                    lines=2,
                    interactive=False,
                    buttons=["copy"],
                    elem_classes="tv-command",
                ),
                gr.File(label="download", file_count="multiple", interactive=False),
            ]
    work = _worker(source, page, room, list(given))
    button.click(work, list(given.values()), shown, api_visibility="private")


# --- What is asked


def _fields(page: fields.Fields) -> Fields:
    """Makes the fields of a task, those that are rarely changed below a heading."""
    named = [*page.flags, *(["outputs"] if len(page.pictures) > 1 else [])]
    if signatures.CONTEXT not in page.inputs:
        named = [one for one in named if one != "max_frames"]
    given: Fields = {}
    for name in (one for one in named if one not in RARE):
        given |= _field(name, page)
    with gr.Accordion("more", open=False):
        for name in (one for one in named if one in RARE):
            given |= _field(name, page)
    if "max_frames" in given:
        _scrub(given)
    elif "painting" in given:
        _paint(given)
    elif "input" in given:
        _preview(given)
    return given


def _field(name: str, page: fields.Fields) -> Fields:
    """Makes the fields of a flag."""
    if name == "input":
        return {
            name: gr.File(label="drop a video or a picture", elem_classes="tv-drop")
        }
    if name == "motion":
        return {name: gr.File(label="videos that move", file_count="multiple")}
    if name == "mask":
        return _mask_fields()
    if name == "text":
        return {name: gr.Textbox(label="a sentence")}
    if name == "seed":
        return {name: gr.Number(0, label="seed", precision=0)}
    if name == "samples":
        several = "futures" if signatures.CONTEXT in page.inputs else "seeds"
        label = f"{several}: seed, seed + 1 ..."
        return {name: gr.Slider(1, MOST_SAMPLES, 4, step=1, label=label)}
    if name == "truncation":
        label = "0 typical, 1 varied"
        return {name: gr.Slider(0, 1, 1, step=0.05, label=label)}
    if name == "max_frames":
        label = "the context ends behind frame"
        return {name: gr.Slider(1, 2, 1, step=1, label=label, interactive=True)}
    if name == "crop":
        return {name: gr.Radio(client_flags.CROPS, label=name, value="auto")}
    if name == "fps":
        return {name: gr.Number(None, label="frames per second; the input's if empty")}
    if name == "outputs":
        chosen = list(page.pictures)
        return {name: gr.CheckboxGroup(chosen, value=chosen, label="to be seen")}
    return {name: gr.Number(None, label=COUNTS[name], precision=0)}


def _mask_fields() -> Fields:
    return {
        "painting": gr.ImageEditor(
            label="paint the object on the first frame",
            brush=gr.Brush(default_size=BRUSH, colors=["#ff0080"], color_mode="fixed"),
            sources=(),
            transforms=(),
            layers=False,
            type="numpy",
            elem_classes="tv-painting",
        ),
        "meaning": gr.Radio(
            painting.MEANINGS, value=painting.PAINTED, label="the mask is"
        ),
        "mask": gr.File(label="or drop a mask: a picture, or a film of masks"),
    }


def _grid_fields(page: fields.Fields) -> Fields:
    """Makes the fields of contents crossed with motions."""
    given = {
        "content": gr.Number(0, label="seed of the first content", precision=0),
        "motion": gr.Number(0, label="seed of the first motion", precision=0),
        "side": gr.Slider(1, MOST_SIDE, 3, step=1, label="contents, and motions"),
        "fps": gr.Number(8, label="frames per second"),
    }
    if signatures.LABEL in page.inputs:
        given["category"] = gr.Number(0, label=COUNTS["category"], precision=0)
    return given


# --- What a dropped video shows


def _preview(given: Fields) -> None:
    """Shows the first frame."""
    picture = gr.Image(label="its first frame", interactive=False, buttons=[])
    _on_change(given["input"], _shown, [given["input"]], picture)


def _scrub(given: Fields) -> None:
    """Shows the last frame of the context, which is chosen by a slider."""
    picture = gr.Image(label="the last frame it sees", interactive=False, buttons=[])
    path, end = given["input"], given["max_frames"]

    def measured(path: str | None) -> tuple[dict[str, Any], np.ndarray | None]:
        if path is None:
            return gr.update(), None
        total = painting.length(path)
        middle = max(1, total // 2)
        return gr.update(maximum=max(2, total), value=middle), _shown(path, middle)

    _on_change(path, measured, [path], [end, picture])
    end.release(_guarded(_shown), [path, end], picture, api_visibility="private")


def _paint(given: Fields) -> None:
    """Puts the first frame under the brush, and shows the mask that comes of it."""
    picture = gr.Image(label="the mask", interactive=False, buttons=[])
    canvas, path = given["painting"], given["input"]

    def first(path: str | None) -> dict[str, Any] | None:
        if path is None:
            return None
        frame = painting.enlarged(painting.frame(path))
        return {"background": frame, "layers": [], "composite": None}

    def veiled(path: str | None, painted: Any, meaning: str) -> np.ndarray | None:
        if path is None or not _strokes(painted).any():
            return None
        frame = painting.frame(path)
        found = painting.mask(frame, _strokes(painted), meaning)
        return painting.enlarged(painting.veiled(frame, found))

    _on_change(path, first, [path], canvas)
    for one in (canvas, given["meaning"]):
        _on_change(one, veiled, [path, canvas, given["meaning"]], picture)


def _on_change(
    component: Any, work: Callable[..., Any], given: list[Any], shown: Any
) -> None:
    component.change(
        _guarded(work), given, shown, show_progress="hidden", api_visibility="private"
    )


def _shown(path: str | None, number: int = 1) -> np.ndarray | None:
    """Returns the n-th frame of a video, from 1, as large as it is shown."""
    if path is None:
        return None
    return painting.enlarged(painting.frame(path, int(number) - 1))


def _strokes(painted: Any) -> np.ndarray:
    """Returns what was painted, [H, W], not 0 where it was."""
    layers = [one[..., -1] for one in (painted or {}).get("layers", [])]
    return np.max(layers, axis=0) if layers else np.zeros([1, 1], np.uint8)


# --- What happens


def _guarded(work: Callable[..., Any]) -> Callable[..., Any]:
    """Lets a page show what a user can mend, in its words."""

    def run(*values: Any) -> Any:
        try:
            return work(*values)
        except errors.UserError as error:
            text = html.escape(str(error))
            raise gr.Error(text, duration=None, print_exception=False) from error

    return run


def _worker(
    source: sources.Source, page: fields.Fields, room: pathlib.Path, names: list[str]
) -> Callable[..., tuple[str, str, str, list[str]]]:
    """Returns what a click on the button calls with the values of the fields."""

    def run(*values: Any) -> tuple[str, str, str, list[str]]:
        filled = dict(zip(names, values, strict=True))
        folder = _fresh(room)
        if page.is_grid:
            known = {name: one for name, one in filled.items() if one is not None}
            grid = code_grid.Grid(**known)
            answer = code_grid.run(source, page, grid, folder)
        else:
            asked, painted = _asked(page, filled, folder)
            answer = answering.run(source, page, asked, folder)
        films = {name: _address(path) for name, path in answer.films.items()}
        files = [*answer.files, *(painted if not page.is_grid else [])]
        said = "\n".join(answer.said)
        return player.html(films), said, answer.command, [str(one) for one in files]

    return _guarded(run)


def _asked(
    page: fields.Fields, filled: Fields, folder: pathlib.Path
) -> tuple[requests.Request, list[pathlib.Path]]:
    """Returns what is asked, and the mask that was painted for it."""
    values = {name: filled.get(name) for name in page.flags}
    values["outputs"] = ",".join(filled.get("outputs") or [])
    strokes = _strokes(filled.get("painting"))
    written = []
    if "mask" in values and values["input"] and not values["mask"] and strokes.any():
        first = painting.frame(values["input"])
        values["mask"] = str(folder / "mask.png")
        painting.write(values["mask"], painting.mask(first, strokes, filled["meaning"]))
        written.append(folder / "mask.png")
    return requests.Request(page.verb, values), written


def _address(path: pathlib.Path) -> str:
    """Returns where a browser finds a file; relative, as the page may be behind a path."""
    return f"gradio_api/file={path.as_posix()}"


def _fresh(room: pathlib.Path) -> pathlib.Path:
    """Returns a new folder for an answer, and deletes those that are too old."""
    old = sorted(room.iterdir(), key=lambda one: one.stat().st_mtime)
    for folder in old[: max(0, len(old) - KEPT + 1)]:
        shutil.rmtree(folder, ignore_errors=True)
    return pathlib.Path(tempfile.mkdtemp(dir=room))
