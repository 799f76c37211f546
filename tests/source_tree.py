"""The repository as data: its Python files, what they import, what stands in BUILD.

module = source_tree.load("tfvideogan/ops/warp.py")
for entry in source_tree.imports(module.tree): ...
"""

import ast
import dataclasses
import functools
import glob
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

# Not resolved: under Bazel the files are links, and the tree is where the links are.
ROOT = pathlib.Path(__file__).absolute().parent.parent

PACKAGE = "tfvideogan"
CODE_FOLDERS = (PACKAGE, "tools")


@dataclasses.dataclass(frozen=True)
class Module:
    """A Python file: its path from the root, with slashes, and its syntax tree."""

    path: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """First folder below the package; the file itself for a door; else ''."""
        parts = self.path.removesuffix(".py").split("/")
        return parts[1] if parts[0] == PACKAGE and len(parts) > 1 else ""

    @property
    def is_library(self) -> bool:
        """Whether the file is part of the package."""
        return self.path.startswith(f"{PACKAGE}/")


@dataclasses.dataclass(frozen=True)
class Import:
    """One imported name: dotted target, line, and where it stands."""

    target: str
    line: int
    is_local: bool = False
    is_optional: bool = False


def parse(path: str, source: str) -> Module:
    """Makes a Module of source text, as if it stood at `path`."""
    return Module(path, ast.parse(source, filename=path))


@functools.cache
def load(path: str) -> Module:
    """Reads and parses a file of the repository."""
    return parse(path, (ROOT / path).read_text(encoding="utf-8"))


def files(folder: str, suffix: str) -> list[str]:
    """Paths from the root of all files below `folder` with that ending, sorted."""
    found = (path.relative_to(ROOT) for path in (ROOT / folder).rglob(f"*{suffix}"))
    return sorted(
        path.as_posix()
        for path in found
        if not any(part.startswith((".", "__pycache__")) for part in path.parts)
    )


def code() -> list[Module]:
    """Every module of the package and of tools/."""
    return [load(path) for folder in CODE_FOLDERS for path in files(folder, ".py")]


def library() -> list[Module]:
    """Every module of the package."""
    return [load(path) for path in files(PACKAGE, ".py")]


def imports(tree: ast.Module) -> list[Import]:
    """Every name that a tree imports, `from a import b` as `a.b`."""
    return list(_imports(tree, is_local=False, is_optional=False))


def _imports(node: ast.AST, is_local: bool, is_optional: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for name in node.names:
            yield Import(name.name, node.lineno, is_local, is_optional)
    if isinstance(node, ast.ImportFrom):
        origin = "." * node.level + (node.module or "")
        for name in node.names:
            target = f"{origin}.{name.name}"
            yield Import(target, node.lineno, is_local, is_optional)
    is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    is_guarded = isinstance(node, ast.Try) and "ImportError" in ast.dump(node)
    for child in ast.iter_child_nodes(node):
        yield from _imports(child, is_local or is_function, is_optional or is_guarded)


def dotted(node: ast.AST) -> str:
    """`a.b.c` of an attribute chain or name; '' of anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        origin = dotted(node.value)
        return f"{origin}.{node.attr}" if origin else ""
    return ""


@dataclasses.dataclass(frozen=True)
class Target:
    """One target of BUILD: the rule that made it and its attributes."""

    rule: str
    attributes: dict[str, Any]


@functools.cache
def build_targets() -> dict[str, Target]:
    """The targets of BUILD by name; Starlark as used there is also Python."""
    targets: dict[str, Target] = {}

    def rule(kind: str) -> Callable[..., None]:
        def record(**attributes: Any) -> None:
            targets[attributes["name"]] = Target(kind, attributes)

        return record

    kinds = ("py_library", "py_binary", "py_test", "filegroup", "test_suite")
    scope: dict[str, Any] = {kind: rule(kind) for kind in kinds}
    for ignored in ("load", "package", "licenses", "exports_files"):
        scope[ignored] = lambda *values, **attributes: None
    scope["glob"] = _glob
    exec(compile((ROOT / "BUILD").read_text(), "BUILD", "exec"), scope)
    return targets


def _glob(patterns: list[str], exclude: list[str] | None = None) -> list[str]:
    def matches(patterns: list[str]) -> set[str]:
        return {
            pathlib.PurePath(path).as_posix()
            for pattern in patterns
            for path in glob.glob(pattern, root_dir=ROOT, recursive=True)
            if (ROOT / path).is_file()
        }

    return sorted(matches(patterns) - matches(exclude or []))
