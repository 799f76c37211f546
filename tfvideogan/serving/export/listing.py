"""Exports as text: what a version offers, and the commands that serve it."""

import pathlib
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

IMAGE = "tensorflow/serving"
# Video in typed lists, a server's default, takes ten times as long to read.
RAW_ANSWERS = "--enable_serialization_as_tensor_content=true"
GRPC_PORT, REST_PORT = 8500, 8501
DATA_KINDS = {True: "procedural", False: "real"}
BYTES_PER_MEGABYTE = 1e6


def overview(card: Mapping[str, Any], folder: pathlib.Path) -> str:
    """Returns what a version is, one fact a line."""
    facts = {
        "model": f"{card['name']} version {card['version']} ({card.get('model', '?')})",
        "folder": f"{folder} ({size(folder) / BYTES_PER_MEGABYTE:.1f} MB)",
        "made": f"{card['created']} by {_joined(card['versions'])}",
        "weights": f"{card.get('weights', '?')}, after {card.get('step', '?')} steps",
    }
    if "imported" in card:
        facts["started from"] = ", ".join(
            f"{one['name']} (sha256 {one['sha256']})"
            for one in card["imported"]["files"]
        )
    if "data" in card:
        kind = DATA_KINDS[bool(card["data"]["is_procedural"])]
        facts["data"] = f"{kind}: {card['data']['description']}"
    if "clip" in card:
        sizes = card["clip"]
        facts["clips"] = (
            f"{sizes['height']}x{sizes['width']}, trained on {sizes['frames']} frames, "
            f"{sizes['fps']:g} frames per second"
        )
    # A card that does not say which scores are the model's own has them under "model".
    for judged in card.get("metrics", ()):
        facts[f"judged on {judged.get('protocol') or judged['split']}"] = ", ".join(
            f"{name} {value:.4g}"
            for name, value in judged["results"].items()
            if value is not None
            and (name in judged.get("main", ()) or "/model/" in name)
        )
    width = max(map(len, facts))
    return "\n".join(f"{name:<{width}}  {text}" for name, text in facts.items())


def whole(card: Mapping[str, Any], folder: pathlib.Path) -> str:
    """Returns what a version is and offers, and how to serve it."""
    parts = (
        overview(card, folder),
        signatures_table(card),
        commands(folder.parent, card["name"]),
    )
    return "\n\n".join(parts)


def signatures_table(card: Mapping[str, Any]) -> str:
    """Returns the signatures: each with its inputs and outputs, a row for a tensor."""
    lines: list[str] = []
    shown: dict[str, Any] = {}
    for name, one in reversed(card["signatures"].items()):
        twin = next((other for other in shown if shown[other] == one), None)
        shown[name] = one
        if twin is not None:
            lines = ["", f"{name} = {twin}", *lines]
            continue
        lines = [*_block(name, one), *lines]
    return "\n".join(lines[1:])


def commands(base: pathlib.Path, name: str) -> str:
    """Returns how to serve a model: the official image, and this package's server.

    Args:
      base: the folder of the model's versions.
      name: of the model.
    """
    where = _for_shell(base)
    return "\n".join(
        [
            "serve it (the official image):",
            f"  docker run --rm -p {GRPC_PORT}:{GRPC_PORT} -p {REST_PORT}:{REST_PORT} \\",
            f"    --mount type=bind,source={where},target=/models/{name},readonly \\",
            f"    -e MODEL_NAME={name} {IMAGE} {RAW_ANSWERS}",
            "try it on this machine, without Docker:",
            f"  python -m tfvideogan.serve --model_name={name} \\",
            f"    --port={GRPC_PORT} --rest_api_port={REST_PORT} "
            f"--model_base_path={where}",
        ]
    )


def size(folder: pathlib.Path) -> int:
    """Returns the bytes of all files below a folder."""
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())


def _block(name: str, one: Mapping[str, Any]) -> list[str]:
    rows = [
        ("in ", key, given["dtype"], given["layout"], _about_input(given))
        for key, given in one["inputs"].items()
    ]
    rows += [
        ("out", key, made["dtype"], _sizes(made["shape"]), made["about"])
        for key, made in one["outputs"].items()
    ]
    return ["", f"{name}: {one['about']}" if one["about"] else name, *_aligned(rows)]


def _for_shell(path: pathlib.Path) -> str:
    """An absolute path for a shell: Docker and the server accept no other."""
    if path.is_absolute():
        return shlex.quote(str(path))
    return f'"$PWD"/{shlex.quote(str(path))}'


def _about_input(given: Mapping[str, Any]) -> str:
    found = given["range"]
    bounds = ""
    if found and None not in found:
        bounds = f"{found[0]:g}..{found[1]:g}"
    return "; ".join(text for text in (bounds, given["about"]) if text)


def _sizes(shape: Sequence[int]) -> str:
    return f"[{', '.join('-' if one < 0 else str(one) for one in shape)}]"


def _joined(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
