"""Rules about files: mirror tests, BUILD, gin folder, README, CHANGELOG, setup.cfg."""

import ast
import configparser
import pathlib
import re
import sys

import pytest

import tfvideogan
from tests import house_rules, source_tree

ROOT = source_tree.ROOT
LAYERS = tuple(house_rules.RANKS)
# Layers on disk by the BUILD target that carries them: a door is part of the whole.
PACKAGE_TARGET = ":package"

GIN_FILES = source_tree.files("gin", ".gin")
TOOLS = source_tree.files("tools", ".py")
GIN_INCLUDE = re.compile(r"""^include ['"](.+)['"]""", re.MULTILINE)
GIN_IN_PROSE = re.compile(r"\bgin/[\w/]+\.gin\b")
# A root, a home, a drive or a bucket inside quotes.
ABSOLUTE_PATH = re.compile(r"""['"](/|~|[A-Za-z]:[\\/]|\w+://)""")
COMMANDS = re.compile(r"<!-- (\w+) command -->\s*```bash\n(.*?)```", re.DOTALL)
INCLUDE_DEPTH = 2
DOCUMENTS = ["README.md", "CONTRIBUTING.md", *source_tree.files("docs", ".md")]
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
# The first cell of a row of docs/troubleshooting.md.
QUOTED = re.compile(r"^\| `([^`]+)` \|", re.MULTILINE)
# Of README, without its table of results.
MOST_WORDS = 900
# What a researcher would not grep for, and the word of the field.
UNUSUAL_WORDS = {
    "hear": "see, get",
    "hears": "sees, gets",
    "told": "given, shown, distinguished",
    "nobody": "none, never, unused",
    "shall": "must, should",
    "comes to rest": "stops",
    "at rest": "static; in inference; on disk",
    "drawn courses": "sampled trajectories",
}
UNUSUAL = re.compile(rf"\b({'|'.join(UNUSUAL_WORDS)})\b", re.IGNORECASE)
PROSE = [
    *DOCUMENTS,
    "CHANGELOG.md",
    *GIN_FILES,
    *TOOLS,
    *source_tree.files("tfvideogan", ".py"),
    *(one for one in source_tree.files("tests", ".py") if one != "tests/test_house.py"),
]


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


# --- Tests mirror the tree


def mirrors(path: str) -> list[str]:
    """Where the tests of a library file may stand.

    The files of a folder may share the test of its main file, davis/davis.py or model.py,
    and the conformance suite of a family walks through the rooms in it.
    """
    *folders, name = path.removesuffix(".py").split("/")[1:]
    places = ["/".join(["tests", *folders, f"test_{name}.py"])]
    for depth in range(len(folders), 1, -1):
        for one in (folders[depth - 1], "model"):
            places.append("/".join(["tests", *folders[:depth], f"test_{one}.py"]))
    return places


def has_something_to_test(module: source_tree.Module) -> bool:
    """Whether a file defines more than names: a function with a body of its own."""
    functions = (n for n in ast.walk(module.tree) if isinstance(n, ast.FunctionDef))
    last = (function.body[-1] for function in functions)
    return any(
        not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
        for one in last
    )


def test_every_library_file_has_a_test_of_its_own() -> None:
    missing = [
        f"{module.path}: write {mirrors(module.path)[0]}"
        for module in source_tree.library()
        if has_something_to_test(module)
        and not any((ROOT / place).is_file() for place in mirrors(module.path))
    ]
    assert not missing, "\n" + "\n".join(missing)


def test_the_rules_see_the_package() -> None:
    assert "tfvideogan/core/clip.py" in source_tree.files("tfvideogan", ".py")


def test_every_test_file_has_a_name_that_pytest_collects() -> None:
    stray = [
        path
        for path in source_tree.files("tests", ".py")
        for node in source_tree.load(path).tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        if "/test_" not in path
    ]
    assert not stray, f"rename to test_*.py: {stray}"


# --- BUILD says what the imports do


def arrows_used(layer: str) -> set[str]:
    """BUILD labels of the layers that a layer's files import."""
    used = {
        entry.target.split(".")[1]
        for module in source_tree.library()
        if module.room == layer
        for entry in source_tree.imports(module.tree)
        if entry.target.startswith(f"{source_tree.PACKAGE}.")
    }
    return {f":{room}" for room in used if room in LAYERS and room != layer}


@pytest.mark.parametrize("layer", LAYERS)
def test_build_deps_are_the_arrows_that_a_layer_uses(layer: str) -> None:
    target = source_tree.build_targets()[layer]
    expected = sorted(arrows_used(layer) | {PACKAGE_TARGET})
    given = sorted(target.attributes["deps"])
    assert given == expected, f"in BUILD, py_library {layer}: deps = {expected}"


def test_build_holds_every_file_of_the_package_once() -> None:
    held = sorted(
        path
        for target in source_tree.build_targets().values()
        if target.rule == "py_library"
        for path in target.attributes.get("srcs", [])
        if path.startswith(f"{source_tree.PACKAGE}/")
    )
    assert held == source_tree.files(source_tree.PACKAGE, ".py")


def test_build_has_a_target_for_every_test_file() -> None:
    held = sorted(
        target.attributes["srcs"][0]
        for target in source_tree.build_targets().values()
        if target.rule == "py_test"
    )
    files = source_tree.files("tests", ".py")
    assert held == [path for path in files if "/test_" in path]


def test_build_carries_every_gin_file() -> None:
    assert source_tree.build_targets()["gin_configs"].attributes["srcs"] == GIN_FILES


# --- setup.cfg asks for what is imported

DISTRIBUTIONS = {
    "PIL": "pillow",
    "absl": "absl-py",
    "cv2": "opencv-python-headless",
    "gin": "gin-config",
    "google": "protobuf",
    "grpc": "grpcio",
    "skimage": "scikit-image",
    "tensorflow_datasets": "tensorflow-datasets",
    "tensorflow_serving": "tensorflow-serving-api",
}


def imported(folder: str, *, is_optional: bool = False) -> set[str]:
    """Distributions from which the files of a folder import, or may import."""
    names = {
        entry.target.split(".")[0]
        for path in source_tree.files(folder, ".py")
        for entry in source_tree.imports(source_tree.load(path).tree)
        if entry.is_optional == is_optional
    }
    tools = {path.split("/")[1].removesuffix(".py") for path in TOOLS}
    ours = sys.stdlib_module_names | {"tfvideogan", "tests"} | tools
    return {DISTRIBUTIONS.get(name, name) for name in names - ours}


def required(section: str, option: str) -> set[str]:
    """Names of the distributions in a requirement list of setup.cfg."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    lines = setup[section][option].split()
    return {re.match(r"[\w-]+", line).group() for line in lines}


def test_setup_asks_for_every_library_that_the_package_imports() -> None:
    missing = imported("tfvideogan") - required("options", "install_requires")
    assert not missing, f"add to install_requires: {missing}"


def test_an_extra_asks_for_every_library_that_is_optional() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    extras = setup["options.extras_require"]
    asked = set().union(*(required("options.extras_require", one) for one in extras))
    missing = imported("tfvideogan", is_optional=True) - asked
    assert not missing, f"add an extra for {missing}"


def test_test_extra_asks_for_every_library_that_tests_import() -> None:
    known = required("options", "install_requires")
    missing = imported("tests") - known - required("options.extras_require", "test")
    assert not missing, f"add to the extra `test`: {missing}"


# --- gin/ holds experiments and nothing else


def test_gin_folder_holds_no_python() -> None:
    # A Python file there would make the folder hide the gin library.
    assert not source_tree.files("gin", ".py")


def test_setup_ships_every_gin_folder() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    shipped = set(setup["options.data_files"].values())
    folders = {pathlib.PurePath(path).parent.as_posix() for path in GIN_FILES}
    missing = [
        f"share/tfvideogan/{folder} = {folder}/*.gin"
        for folder in sorted(folders)
        if f"{folder}/*.gin" not in shipped
    ]
    assert not missing, "add to [options.data_files]:\n" + "\n".join(missing)


def test_setup_ships_every_export() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    shipped = {
        path.relative_to(ROOT).as_posix()
        for folder, pattern in setup["options.data_files"].items()
        for path in ROOT.glob(pattern)
        if folder == f"share/tfvideogan/{path.parent.relative_to(ROOT).as_posix()}"
    }
    exported = (ROOT / "saved_models").glob("*/*/**/*")
    files = {one.relative_to(ROOT).as_posix() for one in exported if one.is_file()}
    assert not files - shipped, "add to [options.data_files], a line for each folder"


@pytest.mark.parametrize("path", GIN_FILES)
def test_gin_file_opens_with_what_it_is(path: str) -> None:
    assert read(path).startswith("# "), f"{path}: begin with a comment: paper, command"


@pytest.mark.parametrize("path", GIN_FILES)
def test_gin_file_names_no_private_place(path: str) -> None:
    code = [line.partition("#")[0] for line in read(path).splitlines()]
    lines = [line for line in code if ABSOLUTE_PATH.search(line)]
    assert not lines, f"{path}: absolute paths are flags or macros: {lines}"


@pytest.mark.parametrize("path", GIN_FILES)
def test_gin_file_does_not_skip_unknown_names(path: str) -> None:
    assert "skip_unknown" not in read(path)


def include_depth(path: str) -> int:
    return max(
        (1 + include_depth(one) for one in GIN_INCLUDE.findall(read(path))), default=0
    )


@pytest.mark.parametrize("path", GIN_FILES)
def test_gin_includes_are_spelt_from_the_root_and_shallow(path: str) -> None:
    wrong = [one for one in GIN_INCLUDE.findall(read(path)) if one not in GIN_FILES]
    assert not wrong, f"{path}: write include 'gin/<file>.gin', not {wrong}"
    assert include_depth(path) <= INCLUDE_DEPTH, f"{path}: includes are too deep"


# --- README and CHANGELOG speak of what is there


def test_readme_names_every_experiment() -> None:
    experiments = [path for path in GIN_FILES if path.count("/") == 1]
    experiments.remove("gin/base.gin")  # It holds what they share.
    named = set(GIN_IN_PROSE.findall(read("README.md")))
    assert not set(experiments) - named, "add them to the table in README.md"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_gin_file_named_in_prose_exists(document: str) -> None:
    named = set(GIN_IN_PROSE.findall(read(document)))
    assert not named - set(GIN_FILES), f"{document} names files that are not there"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_of_documents_lead_somewhere(document: str) -> None:
    folder = (source_tree.ROOT / document).parent
    links = [one for one in LINK.findall(read(document)) if ":" not in one]
    broken = [one for one in links if not (folder / one).exists()]
    assert not broken, f"{document} links to what is not there"


def test_words_are_those_of_the_field() -> None:
    found = [
        f"{path}:{number}: {word!r}; write {UNUSUAL_WORDS[word.lower()]}"
        for path in PROSE
        for number, line in enumerate(read(path).splitlines(), start=1)
        for word in UNUSUAL.findall(line)
    ]
    assert not found, "\n".join(found)


def test_troubleshooting_quotes_messages_that_exist() -> None:
    sources = "\n".join(read(one) for one in source_tree.files("tfvideogan", ".py"))
    # Long messages are written in several literals.
    said = re.sub(r'"\s*\n\s*f?"', "", sources)
    quoted = QUOTED.findall(read("docs/troubleshooting.md"))
    assert len(quoted) > 5
    gone = [one for one in quoted if one not in said]
    assert not gone, "no message says this any more"


def test_readme_is_an_entrance() -> None:
    head, _, rest = read("README.md").partition("<!-- results: begin -->")
    words = head.split() + rest.partition("<!-- results: end -->")[2].split()
    assert len(words) <= MOST_WORDS, "move what is long to docs/"


def test_readme_has_two_commands_and_the_second_runs_the_tests() -> None:
    commands = dict(COMMANDS.findall(read("README.md")))
    assert list(commands) == ["first", "second"]
    assert "tfvideogan.train" in commands["first"]
    assert "-m pytest" in commands["second"]


def test_a_worker_has_whole_files(request: pytest.FixtureRequest) -> None:
    """Else fixtures are made in each worker: pytest-xdist 3.8 cannot group in 9.2."""
    is_grouped = getattr(request.config.option, "loadgroup", False)
    assert not is_grouped or "@" in request.node.nodeid, (
        f"pytest {pytest.__version__} does not group tests; install what setup.cfg names"
    )


def test_changelog_begins_with_this_version() -> None:
    versions = re.findall(r"^## (\S+)", read("CHANGELOG.md"), re.MULTILINE)
    assert versions[0] == tfvideogan.__version__
