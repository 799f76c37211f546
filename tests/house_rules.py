"""The rules of CONTRIBUTING.md that a syntax tree can answer.

Each rule takes a `source_tree.Module` and yields complaints, one line each, that say
what is wrong, why, and what to do instead. `RULES` lists them; tests/test_rules.py
applies them to the repository and shows on snippets that each of them bites.
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator

from tests import source_tree
from tests.source_tree import Module

# An import points to a lower rank only; rooms of one rank do not meet.
RANKS = {
    "core": 0,
    "ops": 1,
    "media": 1,
    "pretrained": 1,
    "layers": 2,
    "losses": 2,
    "data": 3,
    "metrics": 3,
    "models": 3,
    "engine": 4,
    "serving": 4,
    "library": 5,
    "pages": 6,
}
DOOR_RANK = 7

# Folders of one room that do not import each other; what two need stands beside them.
WINGS = {
    "data": {"datasets", "procedural"},
    "serving": {"export", "client", "local"},
}

ADDONS_GOLDENS = "tools/addons_goldens.py"

# Where a library may be imported; one that is not listed may be imported anywhere.
ONLY_IN = {
    "gin": ("tfvideogan/engine/config/",),
    "tensorflow_serving": ("tfvideogan/serving/",),
    "tensorflow_datasets": ("tfvideogan/data/", "tools/"),
    "tensorflow_addons": (ADDONS_GOLDENS,),
    "random": (),
}
GROUND = {"tensorflow", "keras", "numpy", "tfvideogan"}

# What reads flags, or runs for a door alone; the last two name flags of other programs.
FLAG_READERS = (
    "engine/command_line.py",
    "engine/importing.py",
    "engine/processes/",
    "engine/protocols.py",
    "engine/reporting/",
    "serving/client/choice.py",
    "serving/client/completion_files.py",
    "serving/client/flags.py",
    "serving/client/inputs.py",
    "serving/export/",
    "serving/local/",
    "data/datasets/tfds_source.py",
    "pretrained/download.py",
)
FLAG = re.compile(r"(?<![\w-])--[a-z]\w*")

# What serving may import of the package.
SERVING_KNOWS = {"core", "media", "serving"}

# Files that may use what is private or superseded, and why.
PRIVATE_FOR_A_REASON = {
    ADDONS_GOLDENS: "runs by hand with TensorFlow 2.15, where Keras is spelt tf.keras",
    "tfvideogan/serving/local/lifecycle/session.py": "the session of the production "
    "server, with its order of checks and its error texts, is reached through "
    "tf.compat.v1 only",
    "tools/parity_text2image.py": "runs by hand on an original of TensorFlow 1",
}
PRIVATE = ("tensorflow.python", "tensorflow.compat.v1", "tf.compat.v1", "keras.src")

# What may be called below tf.random: it is a function of its seed argument.
SEEDED_TF = ("stateless_", "experimental.stateless_", "experimental.index_shuffle")
SEEDED_TF_EXACT = {"split", "fold_in", "create_rng_state"}
# What may be called below np.random, with an argument.
SEEDED_NP = {"default_rng", "SeedSequence", "Generator", "Philox", "PCG64"}

# Methods whose meaning is Keras' own: documented by the class.
FRAMEWORK_METHODS = {"build", "call", "compute_output_shape", "get_config"}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
VERSION_SUFFIXES = ("_v1", "_v2", "_v3", "_new", "_old", "_final")


def rank(room: str) -> int:
    """The rank of a room, or of a door."""
    return RANKS.get(room, DOOR_RANK)


def arrows(module: Module) -> Iterator[str]:
    """An import points to a lower rank; siblings do not meet."""
    if not module.is_library or module.path.endswith("__init__.py"):
        return
    family = _family(module.path.removesuffix(".py").split("/"))
    for entry in source_tree.imports(module.tree):
        parts = entry.target.split(".")
        if entry.target.startswith("."):
            yield f"{entry.line}: relative import; write it from `tfvideogan` down"
        if parts[0] != source_tree.PACKAGE or len(parts) < 2 or parts[1][0] == "_":
            continue
        room = parts[1]
        if room == module.room:
            other = _family(parts)
            if other and other != family:
                yield (
                    f"{entry.line}: imports {entry.target}; what two families need "
                    "moves down, to models/<file>.py, layers/ or ops/"
                )
        elif rank(room) >= rank(module.room):
            below = [name for name in RANKS if rank(name) < rank(module.room)]
            yield (
                f"{entry.line}: imports {entry.target} (rank {rank(room)}); "
                f"{module.room} (rank {rank(module.room)}) may import "
                f"{', '.join(below) or 'nothing of the package'}"
            )


def wings(module: Module) -> Iterator[str]:
    """Some folders of a room know nothing of each other."""
    wing = module.path.split("/")[2] if module.path.count("/") > 2 else ""
    others = WINGS.get(module.room, set())
    if wing not in others:
        return
    for entry in source_tree.imports(module.tree):
        parts = entry.target.split(".")
        is_inside = parts[:2] == [source_tree.PACKAGE, module.room] and len(parts) > 2
        if is_inside and parts[2] in others - {wing}:
            yield (
                f"{entry.line}: imports {entry.target}; {wing}/ and {parts[2]}/ meet in "
                f"{module.room}/ itself or in core/"
            )


def families(module: Module) -> Iterator[str]:
    """A model family is named by gin, not by Python."""
    if module.room == "models":
        return
    for entry in source_tree.imports(module.tree):
        if _family(entry.target.split(".")):
            yield (
                f"{entry.line}: imports {entry.target}; a family is named in a gin file, "
                "so that adding one needs no edit here"
            )


def _family(parts: list[str]) -> str:
    """`foregan` of tfvideogan/models/foregan/... or tfvideogan.models.foregan."""
    is_model = parts[:2] == [source_tree.PACKAGE, "models"] and len(parts) > 2
    folder = source_tree.ROOT / "/".join(parts[:3])
    return parts[2] if is_model and (len(parts) > 3 or folder.is_dir()) else ""


def serving_stands_alone(module: Module) -> Iterator[str]:
    """Serving knows core and media: a served model needs no training code."""
    if module.room != "serving":
        return
    for entry in source_tree.imports(module.tree):
        parts = entry.target.split(".")
        room = parts[1] if len(parts) > 1 else ""
        if parts[0] == source_tree.PACKAGE and room in RANKS.keys() - SERVING_KNOWS:
            yield (
                f"{entry.line}: imports {entry.target}; serving may import core and "
                "media only"
            )


def libraries(module: Module) -> Iterator[str]:
    """Some libraries have one room each; core stands on TensorFlow and Keras."""
    for entry in source_tree.imports(module.tree):
        library = entry.target.split(".")[0]
        places = ONLY_IN.get(library)
        if places is not None and not module.path.startswith(places or ("nowhere",)):
            where = " or ".join(places) or "no file: draw from `core/seeds.py`"
            yield f"{entry.line}: imports {library}, which belongs in {where}"
        is_known = library in GROUND or library in sys.stdlib_module_names
        if module.room == "core" and not is_known:
            yield f"{entry.line}: core imports {library}; it may use {sorted(GROUND)}"


def private_interfaces(module: Module) -> Iterator[str]:
    """No private or superseded interfaces, and one spelling of Keras."""
    if module.path in PRIVATE_FOR_A_REASON:
        return
    names = [(entry.target, entry.line) for entry in source_tree.imports(module.tree)]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            names.append((source_tree.dotted(node), node.lineno))
    for name, line in sorted(set(names)):
        if name in PRIVATE or name.startswith(tuple(f"{one}." for one in PRIVATE)):
            yield f"{line}: {name} is private or superseded; use the public interface"
        if name.startswith(("tf.keras", "tensorflow.keras")):
            yield f"{line}: {name}; the one spelling is `import keras`"


def onednn_first(module: Module) -> Iterator[str]:
    """A tool imports the package before TensorFlow, which reads its settings once."""
    lines = {"tfvideogan": [], "tensorflow": [], "keras": []}
    for entry in source_tree.imports(module.tree):
        lines.setdefault(entry.target.split(".")[0], []).append(entry.line)
    ours, theirs = lines["tfvideogan"], lines["tensorflow"] + lines["keras"]
    if module.path.startswith("tools/") and ours and theirs and min(theirs) < min(ours):
        yield (
            f"{min(theirs)}: imports TensorFlow before tfvideogan, so oneDNN stays off; "
            "put `import tfvideogan` and a line `# isort: split` first"
        )


def local_imports(module: Module) -> Iterator[str]:
    """Imports stand at the top, but for optional libraries."""
    for entry in source_tree.imports(module.tree):
        if entry.is_local and not entry.is_optional:
            yield (
                f"{entry.line}: imports {entry.target} inside a function; move it to "
                "the top, or, for an optional library, into try/except ImportError "
                "with a message that names the extra to install"
            )


def stateful_randomness(module: Module) -> Iterator[str]:
    """Whatever draws takes a seed."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        name = source_tree.dotted(node.func)
        origin, _, rest = name.partition(".random.")
        is_drawn = False
        if origin in ("tf", "tensorflow") and rest:
            is_drawn = not rest.startswith(SEEDED_TF) and rest not in SEEDED_TF_EXACT
        elif origin in ("np", "numpy") and rest:
            has_seed = bool(node.args or node.keywords)
            is_drawn = rest.split(".")[0] not in SEEDED_NP or not has_seed
        elif name.startswith(("tf.image.random_", "keras.random.")):
            is_drawn = True
        elif name == "keras.utils.set_random_seed":
            is_drawn = module.path != "tfvideogan/models/base.py"
        if is_drawn:
            yield (
                f"{node.lineno}: {name}() draws from hidden state (and alike on every "
                "replica); take `seed: [2] int32` and use `core/seeds.py`"
            )


def asserts(module: Module) -> Iterator[str]:
    """No assert outside tests, no bare except."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Assert):
            yield f"{node.lineno}: assert vanishes under -O; raise with a message"
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield f"{node.lineno}: bare except hides Ctrl-C; name what is expected"


def flags_apart(module: Module) -> Iterator[str]:
    """Messages name things; which flag helps is said in `flags`, for doors alone."""
    path = module.path.removeprefix("tfvideogan/")
    if path == module.path or "/" not in path or path.startswith(FLAG_READERS):
        return
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call) or _called(node) != "UserError":
            continue
        texts = (one for given in node.args for one in ast.walk(given))
        for text in texts:
            value = text.value if isinstance(text, ast.Constant) else None
            if isinstance(value, str) and FLAG.search(value):
                yield (
                    f"{text.lineno}: {FLAG.search(value)[0]} helps none who calls the "
                    "library; name the argument, and the flag in `flags=`"
                )


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def file_names(module: Module) -> Iterator[str]:
    """A file is named by its idea; versions live in git."""
    stem = module.path.rsplit("/", maxsplit=1)[-1].removesuffix(".py")
    if FORBIDDEN_NAMES & set(stem.split("_")):
        yield f"1: `{stem}` says nothing; name the file by the one idea in it"
    for node in ast.walk(module.tree):
        is_class = isinstance(node, ast.ClassDef)  # a function may delete_old
        if is_class and node.name.lower().endswith(VERSION_SUFFIXES):
            yield f"{node.lineno}: `{node.name}`: versions live in git, variants in gin"
    if stem.endswith(VERSION_SUFFIXES):
        yield f"1: `{stem}`: versions live in git, variants in gin"


def documented(module: Module) -> Iterator[str]:
    """Public modules, classes and functions have a docstring."""
    if module.path.endswith("__init__.py") and not module.tree.body:
        return
    if not ast.get_docstring(module.tree):
        yield "1: the file has no docstring; say what the room is for"
    for node, _ in _public(module.tree):
        is_framework = node.name in FRAMEWORK_METHODS
        if not is_framework and not ast.get_docstring(node):
            yield (
                f"{node.lineno}: `{node.name}` has no docstring; give layouts, units, "
                "ranges and what it raises"
            )


def annotated(module: Module) -> Iterator[str]:
    """Public signatures are typed."""
    for node, is_method in _public(module.tree, also=("__init__", "__call__")):
        if isinstance(node, ast.ClassDef):
            continue
        given = node.args
        decorators = {source_tree.dotted(one) for one in node.decorator_list}
        arguments = given.posonlyargs + given.args
        if is_method and "staticmethod" not in decorators:
            arguments = arguments[1:]
        rest = [one for one in (given.vararg, given.kwarg) if one]
        arguments = arguments + given.kwonlyargs + rest
        bare = [one.arg for one in arguments if one.annotation is None]
        if bare:
            yield f"{node.lineno}: `{node.name}`: no type on {', '.join(bare)}"
        if node.returns is None:
            yield f"{node.lineno}: `{node.name}`: no return type"


def _public(
    tree: ast.Module | ast.ClassDef, also: tuple[str, ...] = ()
) -> Iterator[tuple[ast.FunctionDef | ast.ClassDef, bool]]:
    """Public definitions of a module and of its public classes; True for methods."""
    for node in tree.body:
        is_definition = isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        )
        if is_definition and (not node.name.startswith("_") or node.name in also):
            yield node, isinstance(tree, ast.ClassDef)
            if isinstance(node, ast.ClassDef):
                yield from _public(node, also)


def empty_init(module: Module) -> Iterator[str]:
    """One name has one address."""
    is_init = module.path.endswith("/__init__.py")
    if is_init and module.path != "tfvideogan/__init__.py" and module.tree.body:
        yield "1: an __init__.py is empty; a name re-exported has two addresses"


def scaling_in_one_place(module: Module) -> Iterator[str]:
    """The number of replicas divides a loss once, in core/update.py."""
    if module.room not in ("ops", "layers", "losses", "models"):
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr == "num_replicas_in_sync":
            yield f"{node.lineno}: losses are divided by replicas in core/update.py only"


def pixel_ranges(module: Module) -> Iterator[str]:
    """The conversion between bytes and [-1, 1] is in core/pixels.py."""
    if not module.is_library or module.path == "tfvideogan/core/pixels.py":
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and node.value == 127.5:
            yield f"{node.lineno}: 127.5; convert pixels with core/pixels.py"


Rule = Callable[[Module], Iterator[str]]

RULES: tuple[Rule, ...] = (
    arrows,
    wings,
    families,
    serving_stands_alone,
    libraries,
    private_interfaces,
    onednn_first,
    local_imports,
    stateful_randomness,
    asserts,
    flags_apart,
    file_names,
    documented,
    annotated,
    empty_init,
    scaling_in_one_place,
    pixel_ranges,
)


def complaints(rule: Rule, modules: list[Module]) -> list[str]:
    """What a rule says of modules, each line with its file."""
    return [f"{module.path}:{text}" for module in modules for text in rule(module)]
