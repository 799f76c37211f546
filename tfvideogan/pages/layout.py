"""The page itself, in gradio: a tab for each model and, in it, for each of its tasks.

with tempfile.TemporaryDirectory() as room:
    layout.page(found, pathlib.Path(room)).launch(allowed_paths=[room])

Which fields a task has is decided in fields.py; this file says how each one looks.
"""

import html
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfvideogan.core import errors, signatures
from tfvideogan.media import sheets
from tfvideogan.pages import (
    answering,
    code_grid,
    fields,
    filling,
    painting,
    player,
    sources,
)
from tfvideogan.serving.client import flags as client_flags

try:
    import gradio as gr
except ImportError:  # The extra `demo`; see `check`.
    gr = None

TITLE = "tfvideogan"
MOST_SAMPLES, MOST_SIDE = 16, 6
BRUSH, PINK = 24, "#ff0080"
# Heights, pixels.
DROP, PICTURE = 120, 200
# Below a heading that is closed at first.
RARE = (
    "mask",
    "truncation",
    "context_frames",
    "dilate",
    "crop",
    "method",
    "stride",
    "fps",
    "outputs",
)
CATEGORY = "number of the class, from 0"
OTHER_CATEGORY = "number of the other seed's class"
# Numbers that may be left out: a text, as an empty number comes as 0.
NUMBERS = {
    "steps": "frames to make up; as many as the model makes if empty",
    "context_frames": "frames to go on from, at most; 3, or the model's own, if empty",
    "dilate": "pixels by which holes grow; 4 for 240 rows if empty",
    "stride": "take every so many frames; all if empty",
    "fps": "frames per second; those of the input if empty",
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
    gr.Markdown(f"### {page.task}")
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
    with gr.Accordion("the signature", open=False):
        gr.Markdown(f"`{source.known[page.verb].describe()}`")
    work = _worker(source, page, room, list(given))
    button.click(work, list(given.values()), shown, api_visibility="private")


# --- What is asked


def _fields(page: fields.Fields) -> Fields:
    """Makes the fields of a task, those that are rarely changed below a heading."""
    named = [*page.flags, *(["outputs"] if len(page.pictures) > 1 else [])]
    given: Fields = {}
    if "input" in named:
        given |= _field("input", page)
        # Beside the video stands what is seen of it.
        show = _paint if "mask" in named else _scrub if _goes_on(page) else _preview
        given |= show(given["input"])
    named = [one for one in named if one not in {*given, "max_frames"}]
    for name in (one for one in named if one not in RARE):
        given |= _field(name, page)
    with gr.Accordion("more", open=False):
        for name in (one for one in named if one in RARE):
            given |= _field(name, page)
    return given


def _goes_on(page: fields.Fields) -> bool:
    return signatures.CONTEXT in page.inputs


def _field(name: str, page: fields.Fields) -> Fields:
    """Makes the field of a flag."""
    if name == "input":
        return {name: _file("drop a video or a picture", elem_classes="tv-drop")}
    if name == "motion":
        return {name: _file("drop the videos that move", file_count="multiple")}
    if name == "mask":
        return {name: _file("or drop a mask: a picture, or a film of masks")}
    if name == "text":
        return {name: gr.Textbox(label="a sentence", elem_classes="tv-text")}
    if name in ("seed", "other_seed"):
        words, value = ("seed", 0) if name == "seed" else ("the other seed", 1)
        return {name: gr.Number(value, label=words, precision=0)}
    if name == "samples":
        several = "futures" if _goes_on(page) else "seeds"
        label = f"{several}: seed, seed + 1 ..."
        if "other_seed" in page.flags:
            label = "steps from one seed to the other"
        return {name: gr.Slider(1, MOST_SAMPLES, 4, step=1, label=label)}
    if name == "truncation":
        label = "0 typical, 1 varied"
        return {name: gr.Slider(0, 1, 1, step=0.05, label=label)}
    if name == "crop":
        return {name: gr.Radio(client_flags.CROPS, label=name, value="auto")}
    if name == "method":
        label = "what fills holes"
        methods = client_flags.METHODS
        return {name: gr.Radio(methods, label=label, value=methods[0])}
    if name in ("category", "other_category"):
        words = CATEGORY if name == "category" else OTHER_CATEGORY
        return {name: gr.Number(0, label=words, precision=0)}
    if name == "outputs":
        chosen = list(page.pictures)
        return {name: gr.CheckboxGroup(chosen, value=chosen, label="to be seen")}
    return {name: gr.Textbox(label=NUMBERS[name])}


def _file(label: str, **options: Any) -> "gr.File":
    return gr.File(label=label, height=DROP, **options)


def _grid_fields(page: fields.Fields) -> Fields:
    """Makes the fields of contents crossed with motions."""
    given = {
        "content": gr.Number(0, label="seed of the first content", precision=0),
        "motion": gr.Number(0, label="seed of the first motion", precision=0),
        "side": gr.Slider(1, MOST_SIDE, 3, step=1, label="contents, and motions"),
        "fps": gr.Number(8, label="frames per second"),
    }
    if signatures.LABEL in page.inputs:
        given["category"] = gr.Number(0, label=CATEGORY, precision=0)
    return given


# --- What a dropped video shows


def _preview(path: "gr.File") -> Fields:
    """Shows the first frame."""
    _on_change(path, _shown, [path], _picture("its first frame"))
    return {}


def _scrub(path: "gr.File") -> Fields:
    """Shows the last frame of the context, which is chosen by a slider."""
    picture = _picture("the last frame that the model sees")
    label = "the context ends behind frame"
    end = gr.Slider(1, 2, 1, step=1, label=label, interactive=True)

    def measured(path: str | None) -> tuple[dict[str, Any], np.ndarray | None]:
        if path is None:
            return gr.update(), None
        total = painting.length(path)
        middle = max(1, total // 2)
        return gr.update(maximum=max(2, total), value=middle), _shown(path, middle)

    _on_change(path, measured, [path], [end, picture])
    end.release(_guarded(_shown), [path, end], picture, api_visibility="private")
    return {"max_frames": end}


def _paint(path: "gr.File") -> Fields:
    """Puts the first frame under the brush, and shows the mask that comes of it."""
    canvas = gr.ImageEditor(
        label="paint the object on the first frame",
        brush=gr.Brush(default_size=BRUSH, colors=[PINK], color_mode="fixed"),
        sources=(),
        transforms=(),
        layers=False,
        type="numpy",
        elem_classes="tv-painting",
    )
    meanings = list(painting.MEANINGS)
    meaning = gr.Radio(meanings, value=meanings[0], label="the mask is")
    picture = _picture("the mask", elem_classes="tv-mask")

    def first(path: str | None) -> dict[str, Any] | None:
        if path is None:
            return None
        frame = painting.enlarged(painting.frame(path))
        return {"background": frame, "layers": [], "composite": None}

    def veiled(path: str | None, painted: Any, meaning: str) -> np.ndarray | None:
        strokes = filling.strokes(painted)
        if path is None or not strokes.any():
            return None
        frame = painting.frame(path)
        found = painting.mask(frame, strokes, meaning)
        return painting.enlarged(sheets.veiled(frame, found[..., np.newaxis]))

    _on_change(path, first, [path], canvas)
    for one in (canvas, meaning):
        _on_change(one, veiled, [path, canvas, meaning], picture)
    return {filling.PAINTING: canvas, filling.MEANING: meaning}


def _picture(label: str, **options: Any) -> "gr.Image":
    return gr.Image(
        label=label, interactive=False, buttons=[], height=PICTURE, **options
    )


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
        folder = answering.fresh(room)
        written: list[pathlib.Path] = []
        if page.is_grid:
            given = {name: one for name, one in filled.items() if one is not None}
            answer = code_grid.run(source, page, code_grid.Grid(**given), folder)
        else:
            asked, written = filling.request(page, filled, folder)
            answer = answering.run(source, page, asked, folder)
        films = {name: _address(path) for name, path in answer.films.items()}
        files = [str(one) for one in (*answer.files, *written)]
        return player.html(films), "\n".join(answer.said), answer.command, files

    return _guarded(run)


def _address(path: pathlib.Path) -> str:
    """Returns where a browser finds a file; relative, as the page may be behind a path."""
    return f"gradio_api/file={path.as_posix()}"
