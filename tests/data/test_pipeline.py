import itertools

import numpy as np
import pytest
import tensorflow as tf

from tests import check_source
from tests.data import toy_source
from tfvideogan.core import errors, seeds
from tfvideogan.data import pipeline, transforms


def make(source=None, split="train", **options):
    options = {"batch_size": 4, "seed": 1, **options}
    return pipeline.make_dataset(source or toy_source.ToySource(), split, **options)


def numbers(dataset, count):
    return [toy_source.clip_numbers(batch) for batch in dataset.take(count)]


def test_the_toy_keeps_the_promises_of_a_source():
    check_source.check_source(toy_source.ToySource())


def test_every_epoch_shows_each_clip_once_in_another_order():
    # Six clips, batches of 4: three batches are two epochs.
    order = list(itertools.chain(*numbers(make(), 3)))
    assert sorted(order[:6]) == sorted(order[6:]) == list(range(6))
    assert order[:6] != order[6:]


def test_windows_start_everywhere():
    # Five frames, windows of two: starts 0..3.
    found = set()
    for batch in make().take(16):
        found.update(toy_source.starts(batch))
    assert found == {0, 1, 2, 3}


def test_training_resumes_at_any_step():
    whole = numbers(make(), 6)
    for step in (0, 1, 5):
        assert numbers(make(start_step=step), 1)[0] == whole[step]


@pytest.mark.parametrize(("workers", "replicas"), [(1, 2), (1, 4), (2, 2), (2, 4)])
def test_workers_and_replicas_share_the_same_global_batches(workers, replicas):
    whole = numbers(make(), 3)
    local = replicas // workers
    shares = [
        numbers(make(num_workers=workers, worker=w, num_replicas=replicas), 3 * local)
        for w in range(workers)
    ]
    for step in range(3):
        parts = [share[step * local : (step + 1) * local] for share in shares]
        assert sum(itertools.chain(*parts), []) == whole[step]


def test_another_seed_is_another_order():
    assert numbers(make(seed=1), 3) != numbers(make(seed=2), 3)


def test_a_source_of_one_clip_can_be_trained_on():
    source = toy_source.ToySource(num_clips=1)
    assert numbers(make(source), 1) == [[0, 0, 0, 0]]


def test_evaluation_reads_each_clip_once_in_order_from_its_start():
    batches = list(make(training=False))
    assert [toy_source.clip_numbers(batch) for batch in batches] == [
        [0, 1, 2, 3],
        [4, 5],
    ]
    assert all(set(toy_source.starts(batch)) == {0} for batch in batches)


def test_evaluation_may_draw_order_and_windows_from_a_seed():
    def drawn(seed: int) -> tuple[list[int], list[int]]:
        batches = list(make(training=False, draws=True, seed=seed))
        clips = [one for batch in batches for one in toy_source.clip_numbers(batch)]
        return clips, [one for batch in batches for one in toy_source.starts(batch)]

    clips, starts = drawn(1)
    assert sorted(clips) == list(range(6)) != clips  # each once
    assert len(set(starts)) > 1 and set(starts) <= {0, 1, 2, 3}
    assert drawn(1) == (clips, starts) != drawn(2)


def test_evaluation_may_begin_with_a_later_clip():
    batches = list(make(training=False, first_clip=3))
    assert [toy_source.clip_numbers(batch) for batch in batches] == [[3, 4, 5]]


def test_evaluation_windows_may_be_longer_than_training_windows():
    batch = next(iter(make(training=False, frames=5)))
    assert batch["frames"].shape == (4, 5, 4, 6, 3)


def test_batches_are_floats_in_the_ranges_of_a_model():
    batch = next(iter(make()))
    assert {value.dtype for value in batch.values()} == {tf.float32}
    # Blue is the column, 0..5: 5 is 5 / 127.5 - 1.
    assert float(batch["frames"][0, 0, 0, 5, 2]) == pytest.approx(5 / 127.5 - 1)
    assert float(tf.reduce_min(batch["foreground_masks"])) == 1.0


def test_static_shapes_are_known():
    spec = make().element_spec
    assert spec["frames"].shape == (4, 2, 4, 6, 3)


def test_transforms_run_in_order_with_their_own_seeds():
    def noise(example, seed):
        return {**example, "noise": seeds.uniform([], seed)}

    def more_noise(example, seed):
        return {**example, "more": seeds.uniform([], seed), "had": example["noise"]}

    batches = list(make(transforms=(noise, more_noise)).take(2))
    draws = np.concatenate(
        [batch[key] for batch in batches for key in ("noise", "more")]
    )
    assert len(np.unique(draws)) == 16
    np.testing.assert_array_equal(batches[0]["had"], batches[0]["noise"])
    again = next(iter(make(transforms=(noise, more_noise), start_step=1)))
    np.testing.assert_array_equal(again["noise"], batches[1]["noise"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"num_replicas": 3}, r"`batch_size` \(4\).*multiple.*\(3\)"),
        ({"num_replicas": 2, "num_workers": 4}, r"`num_replicas` \(2\).*\(4\)"),
        ({"worker": 1}, r"`worker` \(1\)"),
        ({"split": "dev"}, r"'dev'.*train, test"),
        ({"frames": 9}, r"`frames` \(9\).*between 1 and 5"),
    ],
)
def test_what_does_not_fit_is_named(options, words):
    with pytest.raises(errors.UserError, match=words):
        make(**options)


def test_clips_with_a_first_mask_only_are_not_played_backwards():
    source = toy_source.ToySource()
    source.has_all_masks = False
    make(source, transforms=(transforms.HorizontalFlip(0.5),))
    with pytest.raises(errors.UserError, match="TimeReversal needs the masks of all"):
        make(source, transforms=(transforms.TimeReversal(0.5),))


def test_an_iterator_has_no_tuner_that_its_end_would_wait_for():
    assert not make().options().autotune.enabled


def test_an_error_of_the_source_reaches_the_reader():
    class Broken(toy_source.ToySource):
        def render(self, index, start, frames):
            raise errors.UserError("clip 3 is damaged")

    with pytest.raises(tf.errors.OpError, match="UserError: clip 3 is damaged"):
        next(iter(make(Broken())))


def test_a_transform_may_need_more_frames_than_it_gives():
    every_other = transforms.SpeedChange((2,))
    (batch,) = make(transforms=(every_other,)).take(1)
    # Windows of two frames at double speed: three frames are read.
    assert batch["frames"].shape == (4, 2, 4, 6, 3)
    greens = np.round((batch["frames"][:, :, 0, 0, 1].numpy() + 1) * 127.5)
    assert (np.diff(greens) == 2).all()
    with pytest.raises(errors.UserError, match=r"`frames` \(7\).*between 1 and 5"):
        make(transforms=(every_other,), frames=4)
