"""Factories become a model, or one clear line."""

import keras
import pytest
import tensorflow as tf

from tests.engine import toy
from tfvideogan.core import errors
from tfvideogan.engine import build


class FaultyGAN(toy.ToyGAN):
    """A model whose network has a bug."""

    def build_networks(self, spec) -> None:
        keras.layers.Conv2D(4, 3)(tf.zeros([1, 2, 2, 3]))  # the kernel is larger


def test_variables_are_made_in_the_scope(two_devices: list[str]) -> None:
    strategy = tf.distribute.MirroredStrategy(two_devices)
    built = build.build(toy.ToyGAN, toy.ToySource, strategy)
    kernel = built.model.generator.first.kernel.value
    assert [one.device[-5:] for one in kernel.values] == ["CPU:0", "CPU:1"]
    assert built.model_name == "ToyGAN"


def test_objection_of_a_constructor_is_one_line(
    one_device: tf.distribute.Strategy,
) -> None:
    with pytest.raises(errors.UserError) as caught:
        build.build(lambda: toy.ToyGAN(filters=3), toy.ToySource, one_device)
    assert "`filters` (3) must be even; use 4." in str(caught.value)


def test_unknown_argument_is_one_line(one_device: tf.distribute.Strategy) -> None:
    with pytest.raises(errors.UserError, match="unexpected keyword argument 'width"):
        build.build(lambda: toy.ToyGAN(widths=3), toy.ToySource, one_device)


def test_objection_of_a_source_keeps_to_one_line(
    one_device: tf.distribute.Strategy,
) -> None:
    with pytest.raises(errors.UserError) as caught:
        build.build(toy.ToyGAN, lambda: toy.ToySource(broken="constructor"), one_device)
    assert str(caught.value) == "`broken` has no masks. Not at all."


@pytest.mark.parametrize(
    "make",
    [FaultyGAN, lambda: toy.ToyGAN(filters=0), lambda: toy.ToyGAN(filters=-2)],
    ids=["kernel", "no filters", "fewer"],
)
def test_objection_of_a_library_is_one_line_that_shows_the_way(
    make, one_device: tf.distribute.Strategy
) -> None:
    with pytest.raises(errors.UserError) as caught:
        build.build(make, toy.ToySource, one_device)
    message = str(caught.value)
    assert "cannot be built as it is configured" in message and "\n" not in message
    assert "--traceback" in caught.value.flags
    assert not isinstance(caught.value.__cause__, errors.UserError)


def test_other_kinds_of_objects_are_refused(
    one_device: tf.distribute.Strategy,
) -> None:
    with pytest.raises(errors.UserError, match="makes a ToySource, not a model"):
        build.build(toy.ToySource, toy.ToySource, one_device)
    with pytest.raises(errors.UserError, match="makes a ToyGAN, not a source"):
        build.build(toy.ToyGAN, toy.ToyGAN, one_device)


def test_parameters_are_counted_by_network(built: build.Built) -> None:
    # 3x3 kernels: 3*9*4 + 4 and 4*9*3 + 3; the critic: 3*9*4 + 4 and 36 + 1.
    assert build.parameter_table(built.model) == [
        ("generator", 223, 223),
        ("critic", 149, 149),
    ]


def test_bytes_cover_weights_slots_averages_and_counters(built: build.Built) -> None:
    # Adam keeps two slots for each parameter, and its step and rate (8 + 4 bytes);
    # averages of the generator; three int64 counters.
    adam = [2 * 223 * 4 + 12, 2 * 149 * 4 + 12]
    expected = (223 + 149) * 4 + sum(adam) + 223 * 4 + 3 * 8
    assert build.variable_bytes(built.model.checkpoint_items()) == expected


def test_digest_is_that_of_the_values(
    built: build.Built, one_device: tf.distribute.Strategy
) -> None:
    def digest() -> str:
        return build.variables_digest(built.model.checkpoint_items(), one_device)

    before = digest()
    assert digest() == before
    built.model.step.assign_add(1)
    assert digest() != before
    built.model.step.assign_sub(1)
    assert digest() == before
