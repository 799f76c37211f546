"""The generator: its size, its frames, and what they know of each other."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds
from tfvideogan.models.dvdgan import generator as generators

LATENT = 5


def make(size=(16, 16), categories=3, **options) -> generators.Generator:
    spec = clip.ClipSpec(4, *size, num_classes=categories)
    tiny = {"width": 2, "latent": LATENT, "embedding": 4}
    return generators.Generator(spec, categories=categories, **tiny | options)


def draw(*shape: int, seed: int = 2) -> tf.Tensor:
    return seeds.normal(shape, seeds.from_int(seed))


def moved(generator: generators.Generator) -> generators.Generator:
    """Gives statistics and attention something that they do not have from the start."""
    generator(draw(4, LATENT), tf.constant([0, 1, 2, 0]), num_frames=3, training=True)
    for group in generator.groups:
        for layer in (group.behind, *getattr(group.between, "steps", ())):
            if layer is not None:
                layer.gamma.assign(1.0)
        if hasattr(group.recurrence, "gain"):
            group.recurrence.gain.assign(1.0)
    return generator


def num_trainable(network) -> int:
    return sum(np.prod(one.shape) for one in network.trainable_variables)


@pytest.mark.parametrize(
    ("version", "size", "width", "expected"),
    [
        ("v2", 64, 16, 5_988_803),
        ("v2", 128, 96, 176_963_139),
        ("v1", 64, 128, 180_166_471),
    ],
)
def test_number_of_parameters(version, size, width, expected):
    # In a graph, where no variable has memory.
    with tf.Graph().as_default():
        spec = clip.ClipSpec(1, size, size, num_classes=600)
        made = generators.Generator(spec, width=width, categories=600, version=version)
        made(tf.zeros([1, 120]), tf.zeros([1], tf.int32), num_frames=1)
        assert num_trainable(made) == expected


@pytest.mark.parametrize(
    "recurrence",
    [
        "tsru_p",
        *(pytest.param(one, marks=pytest.mark.long) for one in ("tsru_c", "tsru_s")),
    ],
)
def test_units_that_warp_add_their_flow_to_the_number_of_parameters(recurrence):
    with tf.Graph().as_default():
        spec = clip.ClipSpec(1, 64, 64, num_classes=600)
        made = generators.Generator(
            spec, width=16, categories=600, recurrence=recurrence
        )
        made(tf.zeros([1, 120]), tf.zeros([1], tf.int32), num_frames=1)
        # 3x3 to two numbers, two biases and a gain, of 128, 128, 128 and 64 channels.
        assert num_trainable(made) == 5_988_803 + 18 * (3 * 128 + 64) + 4 * 3


def by_hand(width: int, constants: tuple[int, ...], version: str = "v2") -> int:
    """Counts a generator as the specification says, in plain numbers."""
    channels = [width * one for one in constants]
    code = 240
    total = 600 * 120 + (code + 1) * 16 * channels[0]
    for level, (inputs, outputs) in enumerate(
        zip(channels[:-1], channels[1:], strict=True)
    ):
        if version == "v2" or level == 0:
            total += 3 * (9 * 2 * inputs * inputs + inputs)  # ConvGRU
        total += 2 * (9 * inputs * inputs + inputs) + 2 * 2 * code * inputs  # block
        total += 9 * inputs * outputs + outputs + 9 * outputs * outputs + outputs
        total += 2 * code * inputs + 2 * code * outputs + inputs * outputs + outputs
    if version == "v1":
        # Two kernels from c to c / 8, two between c and c / 2, and a gain.
        first, last = (
            2 * c * (c // 8) + 2 * c * (c // 2) + 1
            for c in channels[:1] + channels[-2:-1]
        )
        total += first + 3 * last
    return total + 2 * channels[-1] + 9 * channels[-1] * 3 + 3


def test_the_numbers_are_those_of_a_count_by_hand():
    assert by_hand(16, (8, 8, 8, 4, 2)) == 5_988_803
    assert by_hand(128, (8, 8, 8, 4, 2)) == 305_282_371
    assert by_hand(96, (8, 8, 8, 4, 2, 1)) == 176_963_139
    assert by_hand(128, (8, 8, 8, 4, 2), "v1") == 180_166_471


@pytest.mark.parametrize("version", generators.VERSIONS)
@pytest.mark.parametrize(("length", "size"), [(1, (8, 8)), (8, (16, 24))])
def test_any_length_and_size_that_divides(version, length, size):
    made, states = make(size, version=version)(
        draw(2, LATENT), tf.constant([0, 2]), num_frames=length
    )
    assert made.shape == (2, length, *size, 3)
    assert made.dtype == tf.float32
    assert float(tf.reduce_max(tf.abs(made))) <= 1.0
    assert len(states) == {8: 1, 16: 2}[min(size)]


@pytest.mark.parametrize("training", [False, True])
def test_conditions_stay_with_their_samples(training):
    """The community's code tiles conditions along a batch that is folded clip by clip."""
    generator = moved(make())
    latent, labels = draw(2, LATENT, seed=7), tf.constant([0, 2])
    together, _ = generator(latent, labels, num_frames=3, training=training)
    swapped, _ = generator(latent[::-1], labels[::-1], num_frames=3, training=training)
    np.testing.assert_allclose(together[::-1], swapped, atol=1e-5)
    if training:
        return
    for place in range(2):
        alone, _ = generator(
            latent[place : place + 1], labels[place : place + 1], num_frames=3
        )
        np.testing.assert_allclose(alone[0], together[place], atol=1e-5)


def test_every_frame_has_the_gains_of_its_own_clip():
    """Fails for conditions that are tiled: frame 1 of clip 0 would get those of clip 1."""
    generator = moved(make())
    block = generator.groups[0].first
    block.shortcut = None
    for layer in (block.first, block.second):
        layer.weight.kernel.assign(tf.zeros_like(layer.weight.kernel.value))
    norm = block.norms[0]
    same = tf.repeat(draw(1, 1, 4, 4, 16), 2, axis=0)  # The same frame, twice ...
    same = tf.repeat(same, 3, axis=1)  # ... three times.
    conditions = draw(2, LATENT + 4, seed=5)
    made = norm(same, conditions).numpy()
    assert np.abs(made[:, 1:] - made[:, :1]).max() == 0.0
    assert np.abs(made[0] - made[1]).max() > 1e-2


@pytest.mark.parametrize("is_pooled", [False, True])
def test_a_frame_hears_of_no_later_one_even_in_training(is_pooled):
    """Statistics pooled over time, as in the community's code, would tell it."""
    generator = moved(make())
    for norm in generator.norms:
        norm.per_step = not is_pooled
    latent, labels = draw(3, LATENT, seed=7), tf.constant([0, 1, 2])
    short, long = (
        generator(latent, labels, num_frames=length, training=True)[0]
        for length in (2, 8)
    )
    # Norms move by a power iteration from one to the other, which is little.
    assert (np.abs(short - long[:, :2]).max() > 2e-2) == is_pooled


@pytest.mark.parametrize(
    ("starts_from_inputs", "recurrence"),
    [(False, "conv_gru"), (True, "conv_gru"), (True, "tsru_p"), (False, "tsru_s")],
)
def test_each_group_of_the_second_version_remembers(starts_from_inputs, recurrence):
    generator = moved(
        make(starts_from_inputs=starts_from_inputs, recurrence=recurrence)
    )
    assert [group.recurrence is not None for group in generator.groups] == [True, True]
    assert generator.is_causal
    code = draw(2, LATENT), tf.constant([0, 1])
    whole, last = generator(*code, num_frames=6)
    first, states = generator(*code, num_frames=2)
    second, end = generator(*code, num_frames=4, states=states)
    np.testing.assert_allclose(whole, tf.concat([first, second], axis=1), atol=1e-5)
    for one, other in zip(last, end, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    # Frames of one code differ through the states alone.
    assert np.abs(whole[:, 0] - whole[:, 5]).max() > 1e-4


def test_states_that_are_not_known_start_by_themselves():
    generator = moved(make(categories=0))
    latent = draw(1, LATENT)
    alone, last = generator(latent, num_frames=2)
    unknown, _ = generator(latent, num_frames=2, states=(None, None))
    np.testing.assert_array_equal(alone, unknown)
    known, _ = generator(latent, num_frames=2, states=(None, last[1]))
    assert np.abs(alone - known).max() > 1e-4


def test_what_the_first_frame_shows_can_be_there_from_the_start():
    """Zeros as first states let the code through bit by bit, GRU behind GRU."""
    code = draw(1, LATENT), tf.constant([1])
    changes = []
    for starts_from_inputs in (False, True):
        generator = make(starts_from_inputs=starts_from_inputs)
        _, states = generator(*code, num_frames=1)
        _, late = generator(*code, num_frames=12)
        first, last = (float(tf.norm(one[-1])) for one in (states, late))
        changes.append(first / last)
    assert changes[0] < 0.5 < changes[1]


@pytest.mark.parametrize(
    ("logit", "share"), [(-99.0, 0.0), (0.0, 0.880797), (99.0, 1.0)]
)
def test_pixels_may_be_copied_from_the_last_frame(logit, share):
    generator = make(copies=True)
    last = tf.tanh(draw(2, 16, 16, 3))
    code = draw(2, LATENT), tf.constant([1, 2])
    generator(*code, last=last)
    for one in generator.to_colour.trainable_variables:
        assert one.shape[-1] == 4
        one.assign(tf.zeros_like(one))
    generator.to_colour.bias.assign([1.0, 1.0, 1.0, logit])
    made, _ = generator(*code, num_frames=3, last=last)
    # 1 / (1 + exp(-2)) to begin with; what is painted is tanh(1) everywhere.
    expected = share * last + (1.0 - share) * 0.761594
    for frame in tf.unstack(made, axis=1):
        np.testing.assert_allclose(frame, expected, atol=1e-5)


def test_each_time_step_may_have_its_statistics():
    generator = make(num_steps=3)
    code = draw(4, LATENT), tf.constant([0, 1, 2, 0])
    before, _ = generator(*code, num_frames=3)
    shapes = {tuple(one.moving_mean.shape) for one in generator.norms}
    assert shapes == {(3, 16), (3, 8), (3, 4)}
    norm = generator.groups[-1].second.norms[-1]
    norm.moving_mean.assign(tf.one_hot([1], 3, axis=0) * tf.ones([1, 4]))
    after, _ = generator(*code, num_frames=3)
    np.testing.assert_array_equal(after[:, ::2], before[:, ::2])
    assert np.abs(after[:, 1] - before[:, 1]).max() > 1e-3


def test_the_first_version_remembers_once_and_attends_in_both_directions():
    generator = moved(make((16, 16), version="v1"))
    first, last = generator.groups
    assert first.recurrence is not None and last.recurrence is None
    assert first.behind is not None and last.between is not None
    assert [step.axis for step in last.between.steps] == [2, 3, 1]  # H, W, T
    assert not generator.is_causal
    code = draw(2, LATENT), tf.constant([0, 1])
    short, _ = generator(*code, num_frames=2)
    long, _ = generator(*code, num_frames=4)
    assert np.abs(short - long[:, :2]).max() > 1e-5


def test_everything_with_a_kernel_has_the_norm_one():
    generator = make(version="v1")
    code = draw(2, LATENT), tf.constant([0, 1])
    moved(generator)
    before, _ = generator(*code, num_frames=2)
    kernels = [one for one in generator.trainable_variables if "kernel" in one.path]
    assert len(kernels) > 30
    for kernel in kernels:
        kernel.assign(3.0 * kernel.value)
    after, _ = generator(*code, num_frames=2)
    # And nothing but biases, gains and batch norm's own is without.
    np.testing.assert_allclose(before, after, atol=1e-4)
    others = {one.path.split("/")[-1] for one in generator.trainable_variables}
    assert others - {"kernel"} <= {
        "bias",
        "gamma",
        "beta",
        "reset_bias",
        "update_bias",
        "candidate_bias",
    }


def test_kernels_start_orthogonal():
    generator = make()
    generator(draw(2, LATENT), tf.constant([0, 1]), num_frames=1)
    for one in generator.trainable_variables:
        if "kernel" in one.path:
            matrix = one.value.numpy().reshape(-1, one.shape[-1])
            values = np.linalg.svd(matrix, compute_uv=False)
            np.testing.assert_allclose(values, 1.0, atol=1e-4, err_msg=one.path)


@pytest.mark.parametrize("recurrence", ["conv_gru", "tsru_c"])
def test_recomputation_changes_no_gradient(recurrence):
    found = []
    for recomputes in (False, True):
        generator = made_with_weights(recomputes, recurrence)
        with tf.GradientTape() as tape:
            clips, _ = generator(
                draw(2, LATENT), tf.constant([0, 2]), num_frames=3, training=True
            )
            loss = tf.reduce_sum(clips**2)
        found.append(
            tape.gradient(loss, [v.value for v in generator.trainable_variables])
            + [v.value for v in generator.non_trainable_variables]
        )
    for one, other in zip(*found, strict=True):
        one, other = tf.convert_to_tensor(one), tf.convert_to_tensor(other)
        # A bias before batch norm has a gradient of nothing but rounding.
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)
    assert max(np.abs(one).max() for one in found[0]) > 1.0


def made_with_weights(recomputes: bool, recurrence: str) -> generators.Generator:
    generator = make(recomputes=recomputes, recurrence=recurrence)
    generator(draw(2, LATENT), tf.constant([0, 2]), num_frames=1)
    for number, one in enumerate(generator.variables):
        if "variance" not in one.path:
            one.assign(0.5 * draw(*one.shape, seed=number))
    return generator


def test_without_classes_the_code_is_all():
    generator = make(categories=0)
    made, _ = generator(draw(2, LATENT), num_frames=2)
    assert made.shape == (2, 2, 16, 16, 3)
    assert generator.embedding is None


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"version": "v3"}, r"`version` \('v3'\) must be one of v1, v2"),
        (
            {"recurrence": "lstm"},
            r"`recurrence` \('lstm'\) must be one of conv_gru, ts",
        ),
        ({"constants": (4, 2)}, r"2 `constants` \(4, 2\) are too few for the size"),
        ({"size": (16, 18)}, r"`width` \(18\) must be a multiple of 4"),
        ({"activation": "elu"}, r"`activation` \('elu'\) must be one of relu, tanh"),
    ],
)
def test_bad_settings_are_one_line(options, text):
    with pytest.raises((errors.UserError, ValueError), match=text):
        make(**options)
