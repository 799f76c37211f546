"""From serving functions to signatures that check what they are given.

    module = checked.SignatureModule(model.serving_functions())
    tf.saved_model.save(module, folder, signatures=module.concrete)

A server feeds tensors straight into the graph: a declared shape is documentation to it,
and a request with too few frames or a size that does not divide gives an obscure answer or
a wrong one. So each signature first asserts rank, sizes, agreement between its inputs and
range of values, with a message that names the input, what was expected and what came. An
assertion that fails reaches a client as INVALID_ARGUMENT.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import tensorflow as tf

from tfvideogan.core import errors, signatures

# The greatest size of an open axis, by its letter: a request takes memory by its frames,
# many times what they bring, and a video of any length travels in chunks of 32. A size
# that is fixed at export may be greater.
GREATEST = {"T": 1024, "K": 1024}


class SignatureModule(tf.Module):
    """The signatures of an export, traced, with the variables they read and no others.

    Attributes:
      served: the serving functions by signature name; the first one twice, as the
        default and by its verb.
      specs: the inputs of each signature as exported.
      concrete: the traced functions by signature name.
    """

    def __init__(
        self,
        served: Mapping[str, signatures.ServingFunction],
        *,
        sizes: Mapping[str, int] | None = None,
    ) -> None:
        """Traces every function.

        Args:
          served: by verb; the first is the default one.
          sizes: fixes open axes by their letter, such as {"T": 8}.

        Raises:
          UserError: a size is too small, or its letter is no open axis.
          ValueError: a function does not return what it says.
        """
        super().__init__(name="signatures")
        first = next(iter(served.values()))
        self.served = {signatures.DEFAULT: first, **served}
        sizes = dict(sizes or {})
        _check_sizes(served, sizes)
        self.specs = {name: fixed(one, sizes) for name, one in self.served.items()}
        traced = {
            name: trace(name, one, self.specs[name]) for name, one in served.items()
        }
        self.concrete = {signatures.DEFAULT: traced[next(iter(served))], **traced}
        # A list of plain variables: a Keras layer held here would be traced by Keras.
        self.held = _variables(traced.values())
        self.held_models = [one for each in served.values() for one in each.held]


def trace(
    name: str,
    served: signatures.ServingFunction,
    specs: Mapping[str, tf.TensorSpec] | None = None,
) -> tf.types.experimental.ConcreteFunction:
    """Traces one function behind its checks, without XLA.

    Args:
      name: of the signature, for messages.
      served: what it does.
      specs: the inputs, `served.inputs` by default.

    Raises:
      ValueError: the outputs are not the promised ones, or do not start with the batch.
    """
    specs = specs or served.inputs

    def checked(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        guarded = guard(name, {key: inputs[key] for key in specs}, served, specs)
        outputs = dict(served.function(**guarded))
        _check_outputs(name, outputs, served)
        return {key: tf.identity(outputs[key], key) for key in served.outputs}

    named = {
        key: tf.TensorSpec(spec.shape, spec.dtype, key) for key, spec in specs.items()
    }
    return tf.function(checked).get_concrete_function(**named)


def guard(
    name: str,
    inputs: Mapping[str, tf.Tensor],
    served: signatures.ServingFunction,
    specs: Mapping[str, tf.TensorSpec],
) -> dict[str, tf.Tensor]:
    """Returns the inputs, usable only when they keep their rules.

    Args:
      name: of the signature, for messages.
      inputs: as they came.
      served: their rules.
      specs: their declared shapes, which the results have as static shapes.
    """
    passed: list[tf.Operation | tf.Tensor] = []
    bound: dict[str, _Bound] = {}
    hidden = {}
    for key, tensor in inputs.items():
        # TensorFlow trusts the declared shape and folds a check against it away, so the
        # tensor goes through an operation that forgets its static shape.
        hidden[key] = tf.raw_ops.PlaceholderWithDefault(
            input=tensor, shape=tf.TensorShape(None)
        )
        with tf.control_dependencies(passed):
            passed.append(
                _assert_shape(name, key, hidden[key], served, specs[key], bound)
            )
    for key, tensor in hidden.items():
        rule = served.rules.get(key, signatures.InputRule())
        is_bounded = rule.minimum is not None or rule.maximum is not None
        if tensor.dtype.is_floating or is_bounded:
            with tf.control_dependencies(passed):
                passed.append(_assert_range(name, key, tensor, rule))
    checked = {}
    with tf.control_dependencies(passed):
        for key, tensor in hidden.items():
            checked[key] = tf.identity(tensor)
            checked[key].set_shape(specs[key].shape)
    return checked


def letters(served: signatures.ServingFunction, key: str) -> list[str]:
    """Returns the axis letters of an input; "N" and "?" where no rule names them."""
    rule = served.rules.get(key, signatures.InputRule())
    rank = served.inputs[key].shape.rank
    return rule.layout.split() or ["N", *["?"] * (rank - 1)]


def layout(served: signatures.ServingFunction, key: str, spec: tf.TensorSpec) -> str:
    """Returns an input's layout as text: "[N, T, 64, 64, 3]"."""
    named = zip(letters(served, key), spec.shape, strict=True)
    axes = [letter if size is None else str(size) for letter, size in named]
    return f"[{', '.join(axes)}]"


def parse_letter(letter: str) -> tuple[str, int]:
    """Splits "T-1" into ("T", -1); "T" into ("T", 0)."""
    for sign in "+-":
        stem, found, number = letter.partition(sign)
        if found:
            return stem, int(f"{sign}{number}")
    return letter, 0


@dataclasses.dataclass(frozen=True)
class _Bound:
    """The size of a letter, and the input that it was read from."""

    size: tf.Tensor
    key: str


def _assert_shape(
    name: str,
    key: str,
    tensor: tf.Tensor,
    served: signatures.ServingFunction,
    spec: tf.TensorSpec,
    bound: dict[str, _Bound],
) -> tf.Tensor:
    """Asserts rank and sizes; binds the letters that this input is the first to have."""
    shape = tf.shape(tensor)
    lows, highs, conditions, values, unbound = [], [], [], [], {}
    for axis, letter in enumerate(letters(served, key)):
        stem, offset = parse_letter(letter)
        if spec.shape[axis] is not None:
            lows.append(spec.shape[axis])
            highs.append(spec.shape[axis])
        elif stem in bound:
            lows.append(bound[stem].size + offset)
            highs.append(bound[stem].size + offset)
            conditions.append(f"{stem} = {{}} as in `{bound[stem].key}`")
            values.append(bound[stem].size)
        else:
            least, greatest = served.at_least.get(stem, 1), GREATEST.get(stem)
            lows.append(least + offset)
            highs.append(tf.int32.max if greatest is None else greatest + offset)
            limit = "" if greatest is None else f" and at most {greatest}"
            conditions.append(f"{stem} at least {least}{limit}")
            if stem != "?":
                unbound[stem] = (axis, offset)
    rule = ", ".join([layout(served, key, spec), *conditions])
    message = tf.strings.format(
        f"`{key}` of {name} must be {rule}, but its shape is {{}}",
        [*values, shape],
        summarize=-1,
    )
    sizes = _checked_sizes(shape, tf.stack(lows), tf.stack(highs), message)
    for stem, (axis, offset) in unbound.items():
        bound[stem] = _Bound(sizes[axis] - offset, key)
    return sizes


# Shared by all inputs of all signatures, which keeps an export a quarter smaller.
@tf.function(
    input_signature=[
        *[tf.TensorSpec([None], tf.int32) for _ in range(3)],
        tf.TensorSpec([], tf.string),
    ]
)
def _checked_sizes(
    shape: tf.Tensor, lows: tf.Tensor, highs: tf.Tensor, message: tf.Tensor
) -> tf.Tensor:
    """Returns the sizes [rank], -1 for axes that are not there; asserts their bounds."""
    rank = tf.size(lows)
    sizes = tf.concat([shape, tf.fill([rank], -1)], axis=0)[:rank]
    holds = tf.reduce_all((sizes >= lows) & (sizes <= highs))
    holds = tf.equal(tf.size(shape), rank) & holds
    with tf.control_dependencies([tf.debugging.Assert(holds, [message])]):
        return tf.identity(sizes)


def _assert_range(
    name: str, key: str, tensor: tf.Tensor, rule: signatures.InputRule
) -> tf.Tensor:
    """Asserts bounds and, of floats, that every value is finite."""
    low, high = rule.minimum, rule.maximum
    is_open = low is None and high is None
    low = tensor.dtype.min if low is None else low
    high = tensor.dtype.max if high is None else high
    bounds = "finite" if is_open else f"in [{low:g}, {high:g}]"
    return _is_within(
        tensor,
        tf.cast(low, tensor.dtype),
        tf.cast(high, tensor.dtype),
        tf.constant(f"every value of `{key}` of {name} must be {bounds}, but "),
    )


@tf.function
def _is_within(
    tensor: tf.Tensor, low: tf.Tensor, high: tf.Tensor, message: tf.Tensor
) -> tf.Tensor:
    """Returns true; asserts low <= tensor <= high. Traced once for each dtype."""
    # NaN fails both comparisons, infinity one of them.
    is_within = (tensor >= low) & (tensor <= high)

    def complain() -> tf.Tensor:
        is_wrong = tf.reshape(tf.logical_not(is_within), [-1])
        count = tf.strings.format(
            "{} of {} are not, such as {}",
            [
                tf.math.count_nonzero(is_wrong),
                tf.size(tensor),
                tf.reshape(tensor, [-1])[tf.argmax(tf.cast(is_wrong, tf.int32))],
            ],
        )
        said = tf.strings.join([message, count])
        with tf.control_dependencies([tf.debugging.Assert(False, [said])]):
            return tf.constant(False)

    # The usual case costs one pass over the tensor.
    return tf.cond(tf.reduce_all(is_within), lambda: tf.constant(True), complain)


def _check_outputs(
    name: str, outputs: Mapping[str, tf.Tensor], served: signatures.ServingFunction
) -> None:
    if set(outputs) != set(served.outputs):
        raise ValueError(
            f"{name} returns {', '.join(sorted(outputs))}, but promises "
            f"{', '.join(sorted(served.outputs))}."
        )
    for key, value in outputs.items():
        if value.dtype not in signatures.DTYPES:
            raise ValueError(
                f"Output `{key}` of {name} is {value.dtype.name}, but must be one of "
                f"{', '.join(dtype.name for dtype in signatures.DTYPES)}."
            )
        if not value.shape.rank:
            raise ValueError(
                f"Output `{key}` of {name} has shape {value.shape}; it must start with "
                "the batch."
            )


def _check_sizes(
    served: Mapping[str, signatures.ServingFunction], sizes: Mapping[str, int]
) -> None:
    for letter, size in sizes.items():
        least = max(one.at_least.get(letter, 1) for one in served.values())
        if size < least:
            raise errors.UserError(
                f"The fixed size of {letter} ({size}) must be at least {least}."
            )
        has_letter = any(
            parse_letter(found)[0] == letter
            for one in served.values()
            for key, spec in one.inputs.items()
            for found, known in zip(letters(one, key), spec.shape, strict=True)
            if known is None
        )
        if not has_letter or letter == "N":
            raise errors.UserError(
                f"{letter} is no open axis of {', '.join(served)}, so its size cannot "
                "be fixed."
            )


def fixed(
    served: signatures.ServingFunction, sizes: Mapping[str, int]
) -> dict[str, tf.TensorSpec]:
    """Returns the inputs' specs with the sizes of some letters fixed."""
    specs = {}
    for key, spec in served.inputs.items():
        shape = []
        for letter, size in zip(letters(served, key), spec.shape, strict=True):
            stem, offset = parse_letter(letter)
            is_given = size is None and stem in sizes
            shape.append(sizes[stem] + offset if is_given else size)
        specs[key] = tf.TensorSpec(shape, spec.dtype, key)
    return specs


def _variables(
    traced: Sequence[tf.types.experimental.ConcreteFunction],
) -> list[tf.Variable]:
    """Returns the variables that the functions read, each once."""
    found = {id(one): one for concrete in traced for one in concrete.variables}
    return list(found.values())
