"""MoCoGAN keeps the promises of a model, at any length and size that divides."""

import numpy as np
import pytest
import tensorflow as tf

from tests import check_model
from tfvideogan.core import clip, errors, seeds
from tfvideogan.models import noise
from tfvideogan.models.mocogan import codes, motion, objective, renderer
from tfvideogan.models.mocogan import model as mocogan

SPEC = clip.ClipSpec(8, 16, 16, num_classes=2)


def make_model(
    seed: int = 0, *, ema_decay: float = 0.999, **options: object
) -> mocogan.MoCoGAN:
    """Returns the smallest MoCoGAN."""
    tiny = {"width": 2, "style_units": 4, "critic_width": 4, "content": 4}
    tiny |= {"motion_noise": 2, "motion_units": 3, "motion_state": 4}
    tiny |= {"roll_frames": 12, "long_multiple": 2}
    return mocogan.MoCoGAN(
        mocogan.Options(**tiny | options), seed=seed, ema_decay=ema_decay
    )


CASE = check_model.Case(make_model=make_model, spec=SPEC)
SIZES = codes.Sizes(content=4, noise=2, state=4, categories=2)


@pytest.mark.parametrize(
    "check", check_model.of_large_model(check_model.CHECKS), ids=check_model.name
)
def test_conformance(check, monkeypatch):
    check(CASE, monkeypatch)


@pytest.mark.parametrize(
    "check", check_model.of_large_model(check_model.FILE_CHECKS), ids=check_model.name
)
def test_conformance_on_disk(check, monkeypatch, tmp_path):
    check(CASE, monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def model():
    return CASE.build()


# --- Any clip


@pytest.mark.parametrize(
    "spec",
    [
        clip.ClipSpec(9, 20, 28),
        *(
            pytest.param(spec, marks=pytest.mark.long)
            for spec in (
                clip.ClipSpec(8, 8, 8),
                clip.ClipSpec(16, 16, 24),
                clip.ClipSpec(24, 40, 16, channels=1, num_classes=3),
            )
        ),
    ],
)
def test_any_length_and_any_size_that_divides_can_be_trained(spec):
    case = check_model.Case(make_model, spec)
    logs = case.build().train_step(case.batch())
    assert all(np.isfinite(float(value)) for value in logs.values())


def test_critics_of_one_length_judge_others(model):
    for length in (8, 16, 24):
        logits, classes = model.video_critic(
            tf.zeros([2, length, 16, 16, 3]), tf.zeros([2, 2])
        )
        assert logits.shape == (2, 1) and classes.shape == (2, 2)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (clip.ClipSpec(3, 64, 64), "`frames` (3) must be at least 4"),
        (clip.ClipSpec(7, 128, 160), "`frames` (7) must be at least 8"),
        (clip.ClipSpec(8, 18, 16), "`height` (18) must be a multiple of 4"),
        (clip.ClipSpec(8, 64, 72), "`width` (72) must be a multiple of 16"),
        (clip.ClipSpec(8, 4, 4), "at least 8"),
    ],
)
def test_clips_that_do_not_fit_are_refused_in_one_line(spec, words):
    with pytest.raises(errors.UserError) as caught:
        make_model().build_for(spec)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


# --- Motion


def test_residual_motion_keeps_a_share_of_the_past():
    network = motion.ResidualMotion(SIZES, 3, memory=0.5)
    drawn = codes.draw(SIZES, num_clips=2, num_frames=6, seed=seeds.from_int(1))
    path = network(drawn).numpy()
    category = tf.repeat(tf.one_hot(drawn.labels, 2)[:, tf.newaxis], 6, axis=1)
    states = network.recurrence(
        tf.concat([drawn.noise, category], axis=-1), initial_state=drawn.start
    )
    # 0.2 / (1 - 0.5), as far as steps can lead.
    expected = 0.4 * network.first(drawn.start)
    assert np.abs(expected).max() > 0.05
    for time in range(6):
        step = 0.2 * network.steps(states[:, time])
        expected = 0.5 * expected + step
        np.testing.assert_allclose(path[:, time], expected, rtol=1e-4, atol=1e-5)


def test_motion_stays_within_its_bound_for_ever():
    network = motion.ResidualMotion(SIZES, 3, memory=0.9)
    drawn = codes.draw(SIZES, num_clips=2, num_frames=300, seed=seeds.from_int(1))
    # The sum of 0.2 times 0.9 ** k.
    assert np.abs(network(drawn)).max() <= 0.2 / (1.0 - 0.9)
    with pytest.raises(errors.UserError, match=r"must lie in \[0, 1\)"):
        mocogan.Options(motion_memory=1.0)


def test_motion_goes_on_in_long_videos(model):
    drawn = codes.draw(model.sizes, num_clips=4, num_frames=256, seed=seeds.from_int(1))
    path = model.motion(drawn).numpy()
    moved = np.abs(np.diff(path, axis=1)).mean(axis=(0, 2))
    assert moved[-50:].mean() > 0.5 * moved[:50].mean()


def test_the_paper_motion_has_660_parameters_and_a_first_state_of_its_own():
    sizes = codes.Sizes(content=50, noise=10, state=10, categories=0)
    network = motion.GRUMotion(sizes, takes_category=True)
    drawn = codes.draw(sizes, num_clips=2, num_frames=3, seed=seeds.from_int(1))
    path = network(drawn)
    assert path.shape == (2, 3, 10)
    assert sum(int(np.prod(v.shape)) for v in network.trainable_variables) == 660
    assert np.abs(network(drawn._replace(start=-drawn.start)) - path).max() > 1e-3


# --- Generator


def test_a_frame_does_not_depend_on_its_neighbours(model):
    drawn = codes.draw(model.sizes, num_clips=2, num_frames=4, seed=seeds.from_int(1))
    path = model.motion(drawn)
    whole = model.generator(drawn, path, training=True)
    alone = codes.Codes(*(part[1:] for part in drawn))
    one = model.generator(alone, path[1:, 2:3], training=False)
    # In training colours are left as they come.
    np.testing.assert_allclose(one[0, 0], np.clip(whole[1, 2], -1.0, 1.0), atol=1e-5)


def test_the_content_code_is_the_same_in_all_frames(model):
    drawn = codes.draw(model.sizes, num_clips=1, num_frames=3, seed=seeds.from_int(1))
    still = tf.zeros([1, 3, 3])
    made = model.generator(drawn, still).numpy()
    np.testing.assert_allclose(made[:, 0], made[:, 2], atol=1e-6)


def test_colours_are_clipped_outside_of_training_only(model):
    drawn = codes.draw(model.sizes, num_clips=1, num_frames=2, seed=seeds.from_int(1))
    loud = drawn._replace(content=100.0 * drawn.content)
    path = model.motion(drawn)
    raw = model.generator(loud, path, training=True).numpy()
    assert np.abs(raw).max() > 1.0
    shown = model.generator(loud, path, training=False).numpy()
    np.testing.assert_allclose(shown, np.clip(raw, -1.0, 1.0), atol=1e-5)


def custom_gradients(function, *arguments) -> int:
    """How many custom gradients the graph of a function holds."""
    traced = tf.function(function).get_concrete_function(*arguments)
    graph = traced.graph.as_graph_def()
    nodes = [*graph.node, *(n for f in graph.library.function for n in f.node_def)]
    kind = "_gradient_op_type"
    return sum(node.attr[kind].s.startswith(b"CustomGradient") for node in nodes)


@pytest.mark.long
def test_training_plans_its_gradients_and_an_export_holds_none(model):
    generate = model.serving_functions()["generate"].function
    options = {"seed": tf.TensorSpec([None], tf.int64)}
    options["label"] = tf.TensorSpec([None], tf.int32)
    served = tf.function(lambda seed, label: generate(seed=seed, label=label))
    assert custom_gradients(served, *options.values()) == 0
    assert custom_gradients(model.train_step, CASE.batch(), ("critic",)) > 10


# --- Critics and losses


def test_the_clip_critic_sees_frames_and_their_differences():
    critic = CASE.build().video_critic
    kernel, channels = critic.stem.kernel, SPEC.channels
    draw = seeds.uniform([1, *SPEC.shapes()["frames"]], seeds.from_int(5), -1.0, 1.0)
    label = tf.constant([[1.0, 0.0]])

    def score(clips):
        return float(critic(clips, label)[0][0, 0])

    still = tf.repeat(draw[:, :1], SPEC.frames, axis=1)
    assert score(still) != score(tf.zeros_like(still))
    # Blind to frames, it sees differences alone, of which a still clip has none.
    is_difference = np.arange(2 * channels)[:, np.newaxis] >= channels
    kernel.assign(kernel.value * is_difference.astype(np.float32))
    assert score(still) == pytest.approx(score(tf.zeros_like(still)), abs=1e-5)
    assert abs(score(draw) - score(still)) > 1e-3


def gradients_of(built: mocogan.MoCoGAN, key: str) -> float:
    with tf.GradientTape() as tape:
        losses, _ = built.critic_losses(CASE.batch(), None, seeds.from_int(1))
    kernel = built.video_critic.category.kernel
    found = tape.gradient(losses[key], kernel)
    return 0.0 if found is None else float(tf.norm(found))


@pytest.mark.parametrize("key", ["critic/category_fake", "critic/category_real"])
def test_the_class_head_learns_from_fakes_and_labels(model, key):
    assert gradients_of(model, key) > 0


def test_r1_joins_the_critic_on_every_sixteenth_step(model):
    [r1] = [one for one in model.phases if one.name == "r1"]
    assert (r1.joins, r1.gain) == ("critic", 16.0)
    assert [step for step in range(40) if r1.runs_at(step)] == [0, 16, 32]
    losses, _ = model.r1_losses(CASE.batch(), None, seeds.from_int(1))
    assert float(losses["critic/r1"]) > 0


def test_without_weight_there_is_no_r1():
    built = check_model.Case(lambda seed: make_model(seed, r1_weight=0.0), SPEC).build()
    assert [one.name for one in built.phases] == ["critic", "generator"]


def motions_heard(built: mocogan.MoCoGAN, work) -> np.ndarray:
    """Motion codes [N, T, D] for which the generator is called first in some work."""
    heard = []
    rendered = built.generator.call
    built.generator.call = lambda codes, motion, training=False: (
        heard.append(motion),
        rendered(codes, motion, training),
    )[1]
    work()
    built.generator.call = rendered
    return heard[0].numpy()


def test_training_windows_come_from_the_whole_roll():
    built = make_model(roll_frames=40)
    built.build_for(SPEC)
    number = tf.constant(32)
    windows = motions_heard(built, lambda: built._fakes(number, seeds.from_int(1)))
    drawn = codes.draw(
        built.sizes, num_clips=number, num_frames=40, seed=seeds.from_int(1)
    )
    path = built.motion(drawn).numpy()
    starts = [
        start
        for clip_path, window in zip(path, windows, strict=True)
        for start in range(33)
        if np.allclose(clip_path[start : start + 8], window, atol=1e-6)
    ]
    assert len(starts) == 32
    assert min(starts) < 8 and max(starts) > 24


def motions(built, clip_seeds, labels, num_frames) -> np.ndarray:
    """Motion codes [N, num_frames, D] of videos of no more than a portion."""
    options = {"num_frames": num_frames, "labels": labels}
    return motions_heard(built, lambda: built.renderer.generate(clip_seeds, **options))


def test_long_videos_are_made_of_many_motions_led_over():
    built = make_model(roll_frames=12)
    built.build_for(SPEC)
    # Renewed every 8 frames, the length of training; 12 - 8 would be less than that.
    assert built.renderer.renewal == 8
    clip_seeds, labels = tf.constant([5, 9], tf.int64), tf.constant([0, 1])
    own = [
        built.motion(codes.draw_each(SIZES, parts, num_frames=16, labels=labels))
        for parts in tf.unstack(noise.seeds_of_parts(clip_seeds, 2), axis=1)
    ]
    found = motions(built, clip_seeds, labels, 16)
    np.testing.assert_allclose(found[:, :8], own[0][:, :8], atol=1e-6)
    # From the ninth frame on 8/9, 7/9 ... of the first motion and the rest of the second.
    shares = np.arange(8, 0, -1)[:, np.newaxis] / 9
    mixed = shares * own[0][:, 8:16] + (1 - shares) * own[1][:, :8]
    np.testing.assert_allclose(found[:, 8:], mixed, atol=1e-6)
    assert np.abs(own[0] - own[1]).max() > 0.1


def test_a_motion_lasts_longer_than_its_taking_over():
    built = make_model(roll_frames=4)
    built.build_for(clip.ClipSpec(4, 16, 16))
    assert built.renderer.renewal == renderer.BLEND
    with pytest.raises(ValueError, match=r"`renewal` \(7\) must be at least 8"):
        renderer.Renderer(SIZES, built.motion, built.generator, renewal=7)


def test_a_motion_that_comes_to_rest_is_renewed(monkeypatch):
    built = make_model(roll_frames=16)
    built.build_for(SPEC)
    monkeypatch.setattr(renderer, "PORTION", 200)
    # Without noise only the starts move it.
    built.motion.log_scale.assign(tf.fill([2], -30.0))
    clip_seeds, labels = tf.constant([5, 9], tf.int64), tf.constant([0, 1])

    def last_steps():
        path = motions(built, clip_seeds, labels, 200)
        return np.abs(np.diff(path[:, 150:], axis=1)).mean()

    renewed = last_steps()
    built.renderer.renewal = None
    assert last_steps() < 1e-3 < 10 * 1e-3 < renewed


def test_a_longer_video_begins_like_a_shorter_one_whatever_the_batch(model):
    clip_seeds, labels = tf.constant([5, 9], tf.int64), tf.constant([0, 1])
    whole = model.generate(clip_seeds, labels, frames=37)
    for frames in (8, 9, 20):
        alone = model.generate(clip_seeds[1:], labels[1:], frames=frames)
        np.testing.assert_allclose(alone[0], whole[1, :frames], atol=2e-5)


def test_categories_without_labels_are_found_by_the_class_head():
    case = check_model.Case(
        lambda seed: make_model(seed, categories=3), clip.ClipSpec(8, 16, 16)
    )
    built = case.build()
    logs = built.train_step(case.batch())
    assert "critic/category_fake" in logs and "critic/category_real" not in logs
    assert not built.video_critic.projects


def test_shared_fakes_train_the_generator():
    built = make_model(shares_fakes=True)
    built.build_for(SPEC)
    before = built.generator.to_frames.to_image.kernel.value.numpy()
    built.train_step(CASE.batch())
    assert np.abs(before - built.generator.to_frames.to_image.kernel.value).max() > 0


def test_l2_is_half_the_squares():
    weight = tf.Variable([3.0, 4.0])
    # Half of 9 + 16, times 0.1.
    assert float(objective.l2([weight], 0.1)) == pytest.approx(1.25)


def test_the_average_is_what_is_judged(model):
    assert set(model.averaged_networks) == {"motion", "generator"}
    built = make_model(ema_decay=0.5)
    built.build_for(SPEC)
    for _ in range(2):
        built.train_step(CASE.batch())
    raw = built.generate(tf.constant([1], tf.int64))
    with built.ema.swapped():
        slow = built.generate(tf.constant([1], tf.int64))
    assert np.abs(raw - slow).max() > 0
