"""The discriminators: their sizes, their views, and what each of them sees."""

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import clip, errors, seeds
from tfvideogan.models.dvdgan import discriminators, judging
from tfvideogan.models.dvdgan import model as dvdgan


def draw(*shape: int, seed: int = 2) -> tf.Tensor:
    return seeds.normal(shape, seeds.from_int(seed))


def make(spec: clip.ClipSpec, **options) -> dict[str, discriminators.Discriminator]:
    tiny = {"critic_width": 2, "num_frames_judged": 2}
    model = dvdgan.DVDGAN(dvdgan.Options(**tiny | options))
    model.spec, model.categories = spec, spec.num_classes
    return model.make_critics(spec)


def judged(critic, clips, labels, seed=0):
    return critic(critic.view(clips, seeds.from_int(seed)), labels).numpy()


def test_numbers_of_parameters():
    # In a graph, where no variable has memory.
    with tf.Graph().as_default():
        spec = clip.ClipSpec(4, 64, 64, num_classes=600)
        critics = make(spec, critic_width=16, critics=judging.CRITICS)
        found = {}
        for name, critic in critics.items():
            view = critic.view(tf.zeros([1, 4, 64, 64, 3]), seeds.from_int(0))
            critic(view, tf.zeros([1], tf.int32))
            variables = critic.trainable_variables
            found[name] = sum(np.prod(one.shape) for one in variables)
    # TrIVD-GAN's are D_S and D_T that see something else.
    assert found == {
        "spatial_critic": 2_551_138,
        "temporal_critic": 2_680_609,
        "coarse_critic": 2_551_138,
        "local_critic": 2_680_609,
    }


def test_the_stages_are_those_of_the_table():
    critics = make(clip.ClipSpec(12, 64, 64))
    labels, clips = tf.zeros([1], tf.int32), tf.zeros([1, 12, 64, 64, 3])
    for name, sizes in (
        ("spatial_critic", [(2, 32), (2, 16), (2, 8), (2, 4), (2, 4)]),
        # T / 2, T / 4, then time is folded; 32x32 after pooling.
        ("temporal_critic", [(6, 16), (3, 8), (3, 4), (3, 2), (3, 2)]),
    ):
        x = critics[name].view(clips, seeds.from_int(0))
        for block, (length, side) in zip(
            critics[name].trunk.blocks, sizes, strict=True
        ):
            x = block(x)
            assert x.shape[1:4] == (length, side, side), name
        assert judged(critics[name], clips, labels).shape == (1, sizes[-1][0])


@pytest.mark.parametrize("length", [1, 5, 8])
@pytest.mark.parametrize("size", [(16, 16), (32, 48)])
def test_any_length_and_size_that_divides(length, size):
    spec = clip.ClipSpec(length, *size, num_classes=2)
    critics = make(spec, num_frames_judged=1)
    clips, labels = draw(2, length, *size, 3), tf.constant([0, 1])
    for critic in critics.values():
        logits = judged(critic, clips, labels)
        assert logits.shape[0] == 2 and logits.dtype == np.float32
        assert np.isfinite(logits).all()


def test_the_frames_are_different_ones_and_differ_from_clip_to_clip():
    clips = tf.broadcast_to(
        tf.reshape(tf.range(6.0), [1, 6, 1, 1, 1]), [40, 6, 1, 1, 1]
    )
    found = discriminators.SomeFrames(3)(clips, seeds.from_int(1))[..., 0, 0, 0].numpy()
    assert found.shape == (40, 3)
    assert all(len(set(one)) == 3 for one in found.tolist())
    assert (np.diff(found, axis=1) > 0).all()
    assert len({tuple(one) for one in found.tolist()}) > 10
    assert set(found.ravel()) == set(range(6))


def test_all_frames_are_seen_where_k_is_the_length():
    clips = draw(2, 4, 2, 2, 3)
    found = discriminators.SomeFrames(4)(clips, seeds.from_int(1))
    np.testing.assert_array_equal(found, clips)


def test_pooling_takes_means_and_leaves_the_time():
    clips = tf.reshape(tf.range(32.0), [1, 2, 4, 4, 1])
    found = discriminators.Pooled(2)(clips, seeds.from_int(0))
    # The first pixels are 0, 1, 4 and 5.
    assert found.shape == (1, 2, 2, 2, 1) and float(found[0, 0, 0, 0, 0]) == 2.5
    np.testing.assert_array_equal(discriminators.Pooled(1)(clips, None), clips)


def test_small_frames_are_means_of_some_frames():
    # Frame t is 100 t + 0, 1, 4, 5 in its first square, so 100 t + 2.5.
    rows = 4.0 * tf.range(4.0)[:, tf.newaxis] + tf.range(4.0)
    frames = rows + 100.0 * tf.reshape(tf.range(6.0), [6, 1, 1])
    clips = tf.repeat(frames[tf.newaxis, ..., tf.newaxis], 20, axis=0)
    found = discriminators.SmallFrames(3, 2)(clips, seeds.from_int(1))
    assert found.shape == (20, 3, 2, 2, 1)
    times = (found[..., 0, 0, 0].numpy() - 2.5) / 100.0
    assert all(set(one) <= set(range(6)) for one in times.tolist())
    assert (np.diff(times, axis=1) > 0).all() and len(np.unique(times, axis=0)) > 5


def test_a_place_is_cut_out_of_all_frames_of_a_clip():
    # A number says frame, row and column.
    times, rows, columns = np.meshgrid(range(3), range(6), range(8), indexing="ij")
    clip_ = (100 * times + 10 * rows + columns).astype(np.float32)
    clips = np.stack([clip_, -clip_], axis=-1)  # [T, H, W, 2]
    clips = np.repeat(clips[np.newaxis], 60, axis=0)
    found = discriminators.Cropped(2)(tf.constant(clips), seeds.from_int(1)).numpy()
    assert found.shape == (60, 3, 3, 4, 2)
    corners = set()
    for one in found:
        row, column = divmod(int(one[0, 0, 0, 0]), 10)
        place = (slice(None), slice(row, row + 3), slice(column, column + 4))
        np.testing.assert_array_equal(one, clips[0][place])
        corners.add((row, column))
    # Every row and every column that there is room for.
    assert {row for row, _ in corners} == set(range(4))
    assert {column for _, column in corners} == set(range(5))
    assert len(corners) > 12
    whole = discriminators.Cropped(1)(tf.constant(clips), seeds.from_int(1))
    np.testing.assert_array_equal(whole, clips)


@pytest.mark.parametrize(
    ("name", "sees_detail", "sees_order", "sees_everywhere"),
    [
        ("spatial_critic", True, False, True),
        ("temporal_critic", False, True, True),
        # TrIVD-GAN: global structure of frames, and local structure of motion.
        ("coarse_critic", False, False, True),
        ("local_critic", True, True, False),
    ],
)
def test_what_each_critic_sees(name, sees_detail, sees_order, sees_everywhere):
    spec = clip.ClipSpec(4, 16, 16, num_classes=2)
    critic = make(spec, num_frames_judged=4, critics=(name,))[name]
    clips, labels = draw(1, 4, 16, 16, 3), tf.constant([0])
    # Means of 2x2 pixels stay what they are.
    chequers = np.indices([16, 16]).sum(axis=0) % 2 * 2.0 - 1.0
    detail = tf.constant(chequers[:, :, np.newaxis], tf.float32)
    order = tf.gather(clips, [2, 0, 3, 1], axis=1)
    # A clip of the numbers of its places shows where the crop of this seed is.
    numbers = tf.reshape(tf.range(256.0), [1, 1, 16, 16, 1])
    place = discriminators.Cropped(2)(numbers, seeds.from_int(0)).numpy()
    is_inside = np.isin(np.arange(256), place).reshape([16, 16, 1])
    outside = tf.where(is_inside, clips, clips + 1.0)
    before = judged(critic, clips, labels).sum()
    for changed, is_noticed in (
        (clips + detail, sees_detail),
        (order, sees_order),
        (outside, sees_everywhere),
    ):
        change = np.abs(judged(critic, changed, labels).sum() - before)
        assert change > 1e-3 if is_noticed else change < 1e-4, change


def test_frames_are_judged_each_on_its_own_by_one_and_together_by_the_other():
    spec = clip.ClipSpec(8, 16, 16, num_classes=2)
    critics = make(spec, num_frames_judged=8)
    clips, labels = draw(1, 8, 16, 16, 3), tf.constant([0])
    order = [3, 0, 1, 2, 7, 6, 5, 4]
    shuffled = tf.gather(clips, order, axis=1)
    spatial, temporal = critics.values()
    before, after = (judged(spatial, one, labels) for one in (clips, shuffled))
    np.testing.assert_allclose(before[:, order], after, rtol=1e-3, atol=1e-4)
    before, after = (judged(temporal, one, labels) for one in (clips, shuffled))
    assert np.abs(before.sum() - after.sum()) > 1e-3


def test_the_class_is_projected_on_what_was_pooled():
    spec = clip.ClipSpec(2, 16, 16, num_classes=3)
    critic = make(spec)["spatial_critic"]
    clips = draw(1, 2, 16, 16, 3)
    logits = [judged(critic, clips, tf.constant([label]))[0] for label in range(3)]
    rows = critic.embedding.weight.normalised().numpy()
    critic.embedding.weight.kernel.assign(tf.zeros_like(rows))
    plain = judged(critic, clips, tf.constant([0]))[0]
    parts = np.array(logits) - plain  # [3, K]: <row, pooled features> of each frame
    x = critic.view(clips, seeds.from_int(0))
    for block in critic.trunk.blocks:
        x = block(x)  # Attention has a gain of 0 yet.
    pooled = np.maximum(x[0], 0.0).sum(axis=(1, 2))  # [K, C]
    np.testing.assert_allclose(parts, rows @ pooled.T, rtol=1e-3, atol=1e-3)
    assert np.abs(parts[0] - parts[1]).max() > 1e-3


def test_labels_stay_with_their_clips():
    spec = clip.ClipSpec(4, 16, 16, num_classes=3)
    clips, labels = draw(2, 4, 16, 16, 3), tf.constant([0, 2])
    for critic in make(spec, num_frames_judged=4).values():
        together = judged(critic, clips, labels)
        for place in range(2):
            alone = judged(critic, clips[place : place + 1], labels[place : place + 1])
            np.testing.assert_allclose(alone[0], together[place], rtol=1e-3, atol=1e-4)


def test_the_input_is_not_rectified():
    spec = clip.ClipSpec(2, 16, 16)
    clips = -tf.abs(draw(1, 2, 16, 16, 3))
    for critic in make(spec).values():
        dark, black = (
            judged(critic, one, None) for one in (clips, tf.zeros_like(clips))
        )
        assert np.abs(dark - black).max() > 1e-3


def test_attention_stands_where_biggan_has_it():
    assert [discriminators.attention_place(one, one) for one in (64, 128, 256)] == [
        0,
        0,
        1,
    ]
    spec = clip.ClipSpec(2, 16, 16)
    assert make(spec)["spatial_critic"].trunk.attention is not None
    assert make(spec)["temporal_critic"].trunk.attention is None
    assert make(spec, has_attention=False)["spatial_critic"].trunk.attention is None


def test_a_third_discriminator_is_one_more_entry():
    class WithThird(dvdgan.DVDGAN):
        def make_critics(self, spec):
            third = discriminators.Discriminator(
                discriminators.Pooled(2), [2, 4], categories=2, inputs=3, name="third"
            )
            return super().make_critics(spec) | {"third": third}

    model = WithThird(
        dvdgan.Options(
            width=1, critic_width=1, num_frames_judged=1, latent=2, embedding=2
        )
    )
    spec = clip.ClipSpec(2, 8, 8, num_classes=2)
    model.build_for(spec)
    assert list(model.networks)[1:] == ["spatial_critic", "temporal_critic", "third"]
    batch = {"frames": draw(2, 2, 8, 8, 3), "labels": tf.constant([0, 1])}
    losses, _ = model.critic_losses(batch, None, seeds.from_int(1))
    assert set(losses) == {f"critic/{name}" for name in model.critics}


def test_sides_that_do_not_divide_are_one_line():
    with pytest.raises(
        errors.UserError, match=r"`height` \(40\) must be a multiple of 16"
    ):
        make(clip.ClipSpec(2, 40, 48))
    make(clip.ClipSpec(2, 40, 40), temporal_pool=1)
