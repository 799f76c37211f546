"""The house rules hold in every file, and each rule is seen to bite.

A rule that failed names the file, the line and the way out. The rules themselves are in
tests/house_rules.py; rules about files other than Python are in tests/test_house.py.
"""

import os
import subprocess
import sys

import pytest

from tests import house_rules, source_tree

ONEDNN = "TF_ENABLE_ONEDNN_OPTS"
RULES = {rule.__name__: rule for rule in house_rules.RULES}

# Rule, where the snippet pretends to stand, and a source that breaks the rule.
OFFENCES = [
    ("arrows", "tfvideogan/ops/a.py", "from tfvideogan.losses import pixels"),
    ("arrows", "tfvideogan/losses/a.py", "from tfvideogan.layers import attention"),
    ("arrows", "tfvideogan/data/a.py", "import tfvideogan.metrics.masks"),
    ("arrows", "tfvideogan/metrics/a.py", "from tfvideogan import models"),
    ("arrows", "tfvideogan/engine/a.py", "from tfvideogan.serving import exporter"),
    ("arrows", "tfvideogan/engine/a.py", "from tfvideogan import train"),
    ("arrows", "tfvideogan/train.py", "from tfvideogan import evaluate"),
    ("arrows", "tfvideogan/ops/a.py", "from . import warp"),
    ("arrows", "tfvideogan/media/a.py", "from tfvideogan.ops import warp"),
    ("arrows", "tfvideogan/media/a.py", "from tfvideogan.data import source"),
    ("arrows", "tfvideogan/pretrained/a.py", "from tfvideogan.ops import warp"),
    ("arrows", "tfvideogan/models/b/a.py", "from tfvideogan.models.foregan import x"),
    ("arrows", "tfvideogan/models/base.py", "from tfvideogan.models import foregan"),
    ("wings", "tfvideogan/serving/local/a.py", "from tfvideogan.serving import client"),
    (
        "wings",
        "tfvideogan/data/datasets/a.py",
        "from tfvideogan.data.procedural.sprites import scene",
    ),
    ("families", "tfvideogan/engine/a.py", "from tfvideogan.models import foregan"),
    ("families", "tools/a.py", "from tfvideogan.models.foregan import model"),
    ("serving_stands_alone", "tfvideogan/serving/a.py", "from tfvideogan.ops import b"),
    ("libraries", "tfvideogan/engine/loop.py", "import gin"),
    ("libraries", "tools/a.py", "from gin import config"),
    ("libraries", "tfvideogan/client.py", "from tensorflow_serving.apis import x"),
    ("libraries", "tfvideogan/engine/a.py", "import tensorflow_datasets as tfds"),
    ("libraries", "tfvideogan/ops/a.py", "import tensorflow_addons as tfa"),
    ("libraries", "tfvideogan/data/a.py", "import random"),
    ("libraries", "tfvideogan/core/a.py", "import cv2"),
    ("private_interfaces", "tools/a.py", "from tensorflow.python.ops import array_ops"),
    ("private_interfaces", "tfvideogan/ops/a.py", "tf.compat.v1.Session()"),
    ("private_interfaces", "tfvideogan/ops/a.py", "from keras.src import layers"),
    ("private_interfaces", "tfvideogan/ops/a.py", "x = tf.keras.layers.Dense(1)"),
    ("onednn_first", "tools/a.py", "import keras\nfrom tfvideogan.engine import loop"),
    ("local_imports", "tfvideogan/ops/a.py", "def f():\n    import scipy"),
    ("stateful_randomness", "tfvideogan/ops/a.py", "x = tf.random.normal([2])"),
    ("stateful_randomness", "tfvideogan/ops/a.py", "x = tf.random.set_seed(1)"),
    ("stateful_randomness", "tfvideogan/ops/a.py", "x = np.random.rand(3)"),
    ("stateful_randomness", "tfvideogan/ops/a.py", "x = np.random.default_rng()"),
    ("stateful_randomness", "tfvideogan/ops/a.py", "x = keras.random.normal([2])"),
    ("stateful_randomness", "tfvideogan/ops/a.py", "tf.image.random_crop(x, [1])"),
    ("stateful_randomness", "tools/a.py", "keras.utils.set_random_seed(1)"),
    ("asserts", "tools/a.py", "assert x, 'no'"),
    ("asserts", "tools/a.py", "try:\n    x\nexcept:\n    pass"),
    ("flags_apart", "tfvideogan/engine/a.py", "errors.UserError(f'no --steps={x}')"),
    ("file_names", "tfvideogan/ops/warp_utils.py", ""),
    ("file_names", "tfvideogan/ops/misc.py", ""),
    ("file_names", "tfvideogan/ops/warp_v2.py", ""),
    ("file_names", "tfvideogan/ops/a.py", "class Critic_v2: pass"),
    ("documented", "tfvideogan/ops/a.py", "x = 1"),
    ("documented", "tfvideogan/ops/a.py", '"""A."""\ndef f() -> None: pass'),
    ("documented", "tools/a.py", '"""A."""\nclass A:\n  "B."\n  def f(self): pass'),
    ("annotated", "tfvideogan/ops/a.py", "def f(x) -> None: pass"),
    ("annotated", "tfvideogan/ops/a.py", "def f(x: int): pass"),
    ("annotated", "tfvideogan/ops/a.py", "class A:\n  def f(self, *, y) -> None: pass"),
    ("annotated", "tfvideogan/ops/a.py", "class A:\n  def __init__(self, y): pass"),
    ("empty_init", "tfvideogan/ops/__init__.py", "from tfvideogan.ops import warp"),
    ("scaling_in_one_place", "tfvideogan/losses/a.py", "c.num_replicas_in_sync"),
    ("pixel_ranges", "tfvideogan/data/a.py", "y = x / 127.5 - 1.0"),
]

# What the rules must leave alone.
INNOCENT = [
    ("arrows", "tfvideogan/engine/a.py", "from tfvideogan.models import base"),
    ("arrows", "tfvideogan/engine/a.py", "from tfvideogan.engine import config"),
    ("arrows", "tfvideogan/losses/a.py", "from tfvideogan.pretrained import vgg16"),
    (
        "arrows",
        "tfvideogan/export.py",
        "import tfvideogan\nfrom tfvideogan import core",
    ),
    ("arrows", "tfvideogan/models/b/a.py", "from tfvideogan.models import base"),
    ("arrows", "tfvideogan/models/b/a.py", "from tfvideogan.models.b import c"),
    (
        "wings",
        "tfvideogan/serving/local/a.py",
        "from tfvideogan.serving import tensors",
    ),
    ("families", "tfvideogan/engine/a.py", "from tfvideogan.models import base"),
    ("serving_stands_alone", "tfvideogan/serving/a.py", "import tfvideogan"),
    (
        "serving_stands_alone",
        "tfvideogan/serving/a.py",
        "from tfvideogan.core import x",
    ),
    ("libraries", "tfvideogan/engine/config/config.py", "import gin"),
    (
        "libraries",
        "tfvideogan/core/a.py",
        "import dataclasses\nimport tensorflow as tf",
    ),
    ("onednn_first", "tools/a.py", "import tfvideogan\nimport tensorflow as tf"),
    ("onednn_first", "tools/addons_goldens.py", "import tensorflow as tf"),
    (
        "local_imports",
        "tfvideogan/data/a.py",
        "def f():\n  try:\n    import x\n  except ImportError as e:\n    raise E from e",
    ),
    ("stateful_randomness", "tfvideogan/a.py", "tf.random.stateless_normal([2], s)"),
    (
        "stateful_randomness",
        "tfvideogan/a.py",
        "tf.random.experimental.index_shuffle(i)",
    ),
    ("stateful_randomness", "tfvideogan/a.py", "np.random.default_rng([seed, 1])"),
    ("stateful_randomness", "tfvideogan/a.py", "def f(g: np.random.Generator): ..."),
    ("flags_apart", "tfvideogan/ops/a.py", "e.UserError('no', flags='--steps=3')"),
    ("flags_apart", "tfvideogan/train.py", "errors.UserError('no --steps')"),
    ("documented", "tfvideogan/ops/__init__.py", ""),
    ("documented", "tfvideogan/a.py", '"""A."""\ndef _f(): pass'),
    ("annotated", "tfvideogan/a.py", "def f(x: int, *, y: str = '') -> None: pass"),
]


@pytest.mark.parametrize("name", RULES)
def test_every_file_follows(name: str) -> None:
    modules = source_tree.code()
    found = house_rules.complaints(RULES[name], modules)
    assert not found, f"\n{RULES[name].__doc__}\n" + "\n".join(found)


@pytest.mark.parametrize("name, path, source", OFFENCES)
def test_rule_notices(name: str, path: str, source: str) -> None:
    assert list(RULES[name](source_tree.parse(path, source)))


@pytest.mark.parametrize("name, path, source", INNOCENT)
def test_rule_leaves_alone(name: str, path: str, source: str) -> None:
    assert not list(RULES[name](source_tree.parse(path, source)))


def test_every_rule_has_an_offence_that_shows_it() -> None:
    assert set(RULES) == {name for name, _, _ in OFFENCES}


def test_every_room_has_a_rank() -> None:
    rooms = {module.room for module in source_tree.library() if "/" in module.path[11:]}
    assert rooms <= set(house_rules.RANKS), "give a new room its rank in house_rules.py"


def test_importing_the_package_imports_nothing_else() -> None:
    code = (
        "import sys, tfvideogan; "
        "print({'tensorflow', 'keras', 'numpy', 'absl', 'gin'} & set(sys.modules))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        cwd=source_tree.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.strip() == "set()"


@pytest.mark.parametrize(
    "before, after", [(None, "1"), ("0", "0")], ids=["unset", "set by the user"]
)
def test_onednn_is_switched_on_unless_the_user_chose(
    before: str | None, after: str
) -> None:
    environment = {k: v for k, v in os.environ.items() if k != ONEDNN}
    if before is not None:
        environment[ONEDNN] = before
    seen = subprocess.run(
        [sys.executable, "-c", f"import os, tfvideogan; print(os.environ['{ONEDNN}'])"],
        cwd=source_tree.ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (seen.stdout.strip(), seen.stderr) == (after, "")


def test_a_late_import_warns_once_that_onednn_stays_off() -> None:
    code = (
        "import sys, types; sys.modules['tensorflow'] = types.ModuleType('tensorflow'); "
        "import tfvideogan"
    )
    environment = {k: v for k, v in os.environ.items() if k != ONEDNN}
    seen = subprocess.run(
        [sys.executable, "-c", code],
        cwd=source_tree.ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert seen.stderr.count("UserWarning") == 1 and ONEDNN in seen.stderr
