import numpy as np
import pytest
import tensorflow as tf

from tests import real_weights, source_tree
from tfvideogan.core import errors
from tfvideogan.pretrained import i3d, verification

GOLDEN = source_tree.ROOT / "tests" / "goldens" / "i3d.npz"


@pytest.fixture(scope="module")
def network() -> i3d.I3D:
    """All zero."""
    return i3d.I3D()


def test_it_has_the_published_number_of_values(network) -> None:
    # The checkpoint that TF-Hub's module was made of: 230 variables.
    variables = network.published_variables()
    assert len(variables) == 230
    assert sum(int(np.prod(one.shape)) for one in variables.values()) == 12_704_544
    assert {id(one) for one in variables.values()} == set(map(id, network.variables))


def test_nothing_of_it_is_trained(network) -> None:
    assert network.trainable_variables == []
    assert {one.dtype for one in network.variables} == {"float32"}


def test_time_shrinks_by_8_and_space_by_32_rounded_up(network) -> None:
    assert network.trunk(tf.zeros([2, 9, 33, 64, 3])).shape == (2, 2, 2, 2, 1024)


def test_the_head_averages_windows_and_time(network) -> None:
    network.head_bias.assign(np.arange(400))
    kernel = np.zeros([1, 1, 1, 1024, 400], np.float32)
    kernel[..., 3, 5] = 2.0  # the logit 5 looks at channel 3
    network.head_kernel.assign(kernel)
    last = np.zeros([1, 3, 7, 7, 1024], np.float32)
    last[0, 1, :, :, 3] = 10.0
    # Windows of two steps: 5 and 5. Twice their mean, and the bias.
    expected = np.arange(400.0)
    expected[5] += 2 * 5
    np.testing.assert_allclose(network.head(last)[0], expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("shape", "rule"),
    [
        ((1, 8, 224, 224, 3), "8 as T .* needs 9 or more"),
        ((1, 16, 192, 224, 3), "192 as H .* needs 193 or more"),
    ],
)
def test_clips_that_the_last_window_does_not_fit_are_refused(
    network, shape: tuple[int, ...], rule: str
) -> None:
    with pytest.raises(errors.UserError, match=rule):
        network(tf.zeros(shape))


def test_clips_are_stretched_to_the_size_and_range_of_the_network() -> None:
    clips = np.zeros([1, 2, 112, 56, 1], np.uint8)
    clips[:, :, 0, 0] = 255
    found = i3d.prepared(clips)
    assert found.shape == (1, 2, 224, 224, 3) and found.dtype == tf.float32
    # Row 1 is half way to the black row, column 1 a quarter of the way.
    np.testing.assert_allclose(found[0, 0, 0, :5, 2], [1, 0.5, 0, -0.5, -1], atol=1e-6)
    np.testing.assert_allclose(found[0, 1, :3, 0, 0], [1, 0, -1], atol=1e-6)


@pytest.mark.long
@real_weights.needs("i3d")
def test_the_published_weights_give_the_published_logits() -> None:
    golden = np.load(GOLDEN)
    logits, features = i3d.load().judge(verification.probe()[np.newaxis])
    # Float32 sums in another order; logits are as large as 20.
    np.testing.assert_allclose(logits[0], golden["logits"], atol=2e-4)
    np.testing.assert_allclose(features[0], golden["mixed5c"], atol=2e-4)


@pytest.mark.long
@real_weights.needs("i3d")
def test_black_clips_are_as_far_from_white_ones_as_published() -> None:
    network = i3d.load()
    black, white = (
        network.judge(np.full([1, 15, 32, 32, 1], level, np.uint8))[0].numpy()
        for level in (0, 255)
    )
    # Sets of equal clips have no covariance: the Fréchet distance is that of the logits.
    np.testing.assert_allclose(np.square(black - white).sum(), 133.91, atol=5e-3)
