"""From factories to a source and a model with all its variables.

    built = build.build(make_model, make_source, strategy)
    built.model, built.source, built.strategy

What a constructor, Keras or TensorFlow object to is a fault of the configuration, nearly
always, so it becomes one line; --traceback shows where it was raised.
"""

import contextlib
import dataclasses
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import tensorflow as tf

from tfvideogan.core import durable, errors
from tfvideogan.data import source as sources
from tfvideogan.engine import resources
from tfvideogan.engine.config import config
from tfvideogan.models import base

# What Python, Keras and TensorFlow raise of arguments.
OBJECTIONS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    TypeError,
    ValueError,
    tf.errors.InvalidArgumentError,
)
SOURCE = ("spec", "splits", "read", "num_clips", "describe")
_MEGA = 1e6


@dataclasses.dataclass(frozen=True)
class Built:
    """A model and what it was built for.

    Attributes:
      model: built, in the scope of `strategy`.
      source: of clips.
      strategy: where the variables live.
    """

    model: base.VideoModel
    source: sources.ClipSource
    strategy: tf.distribute.Strategy

    @property
    def model_name(self) -> str:
        """Name of the model's class, as checkpoints know it."""
        return type(self.model).__name__


def build(
    make_model: Callable[[], base.VideoModel],
    make_source: Callable[[], sources.ClipSource],
    strategy: tf.distribute.Strategy,
) -> Built:
    """Makes the source, then, in the strategy's scope, the model for its clips.

    Raises:
      UserError: a constructor or the model refuses its arguments, or they are of another
        kind.
    """
    source = build_source(make_source)
    with strategy.scope():
        model = _constructed(make_model)
        if not isinstance(model, base.VideoModel):
            raise errors.UserError(
                f"`make_model` makes a {type(model).__name__}, not a model of clips."
            )
        with objections_explained(type(model).__name__), resources.variables_bounded():
            model.build_for(source.spec)
    return Built(model, source, strategy)


@contextlib.contextmanager
def objections_explained(name: str) -> Iterator[None]:
    """Turns what a library objects to while a model is built or traced into one line.

    Keras does not know where its arguments come from. That is nearly always the
    configuration: a width of 0, a number where an optimizer belongs.

    Args:
      name: of the model.

    Raises:
      UserError: something was objected to.
    """
    try:
        yield
    except errors.UserError as error:
        raise type(error)(one_line(error), flags=error.flags) from error
    except OBJECTIONS as error:
        raise errors.UserError(
            f"{name} cannot be built as it is configured: "
            f"{durable.reason(error)} ({type(error).__name__}). Check its settings.",
            flags="--traceback shows where.",
        ) from error


def build_source(make_source: Callable[[], sources.ClipSource]) -> sources.ClipSource:
    """Makes the source.

    Raises:
      UserError: it refuses its arguments.
    """
    source = _constructed(make_source)
    missing = [one for one in SOURCE if not hasattr(source, one)]
    if missing:
        raise errors.UserError(
            f"`make_source` makes a {type(source).__name__}, not a source of clips: it has "
            f"no `{missing[0]}`."
        )
    return source


def parameter_table(model: base.VideoModel) -> list[tuple[str, int, int]]:
    """Returns (network, trainable parameters, all parameters) of each network."""
    return [
        (
            name,
            sum(_size(one) for one in network.trainable_variables),
            sum(_size(one) for one in network.variables),
        )
        for name, network in model.networks.items()
    ]


def variable_bytes(items: Mapping[str, Any]) -> int:
    """Returns the bytes of the variables in a model's checkpoint items."""
    return sum(
        _size(one) * tf.as_dtype(one.dtype).size
        for _, variables in variables_by_item(items)
        for one in variables
    )


def memory(built: Built) -> str:
    """Says how much memory the variables of a training take."""
    size = variable_bytes(built.model.checkpoint_items()) / _MEGA
    return f"variables with optimizer slots and averages {size:.3g} MB"


def variables_by_item(
    items: Mapping[str, Any],
) -> Iterator[tuple[str, Sequence[Any]]]:
    """Yields the names of a model's checkpoint items and their variables."""
    for name, item in items.items():
        # A tf.Module's property is a tuple, a Keras object's a list.
        yield name, [item] if isinstance(item, tf.Variable) else item.variables


def variables_digest(items: Mapping[str, Any], strategy: tf.distribute.Strategy) -> str:
    """Returns a CRC-32 of all values in a model's checkpoint items, of this process."""
    checksum = 0
    for _, variables in variables_by_item(items):
        for one in variables:
            value = strategy.experimental_local_results(one)[0].numpy()
            checksum = zlib.crc32(value.tobytes(), checksum)
    return f"{checksum:08x}"


def one_line(error: BaseException) -> str:
    """Returns an error's message on one line, without the notes of gin."""
    return " ".join(config.message(error).split())


def _constructed(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except errors.UserError as error:
        raise errors.UserError(one_line(error), flags=error.flags) from error
    except (*OBJECTIONS, FileNotFoundError) as error:
        raise errors.UserError(
            f"{_name(make)}: {one_line(error) or type(error).__name__}"
        ) from error


def _name(make: Callable[[], Any]) -> str:
    return getattr(make, "__qualname__", type(make).__name__)


def _size(variable: Any) -> int:
    return tf.TensorShape(variable.shape).num_elements()
