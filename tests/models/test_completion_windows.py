import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.models import completion_windows


@pytest.mark.parametrize(
    "numbers, said",
    [
        ({"block": 0}, r"`block` \(0\) must be at least 1"),
        ({"stride": 0}, r"`stride` \(0\) must be at least 1"),
        ({"references": -1}, r"`references` \(-1\) must be at least 0"),
        ({"margin": -1}, r"`margin` \(-1\) must not be negative"),
        ({"overlap": 5}, r"`overlap` \(5\) must be at most `block` and `context`: 4"),
    ],
)
def test_numbers_out_of_range_are_refused(numbers, said):
    with pytest.raises(errors.UserError, match=said):
        completion_windows.Reach(**numbers)


@pytest.mark.parametrize("references", [0, 1, 3])
def test_references_are_spread_over_the_past_and_do_not_get_more(references):
    """Keeps the numbers of frames instead of frames, block by block."""
    reach = completion_windows.Reach(
        block=4, context=2, overlap=0, references=references, stride=2
    )
    total, held = 80, np.arange(80)
    for blocks in range(total // reach.block):
        first = int(reach.num_kept(tf.constant(blocks)))
        start = blocks * reach.block
        assert held[first] == start
        before = min(reach.context, start)
        assert held[first - before : first].tolist() == [*range(start - before, start)]
        past = held[: first - before].tolist()
        if references and start > reach.context:
            # The least 2, 4, 8 ... of which so many lie before the context.
            step = 2
            while -(-(start - reach.context) // step) > references:
                step *= 2
            assert past == [*range(0, start - reach.context, step)]
        else:
            assert past == []
        kept = reach.kept(
            tf.constant(blocks), tf.constant(len(held)), tf.constant(first)
        )
        held = held[kept.numpy()]


def test_parts_hide_and_complete():
    part = completion_windows.Part(
        tf.constant([[[[[3.0]], [[4.0]]]]]), tf.constant([[[[[1.0]], [[0.0]]]]])
    )
    assert part.hidden().frames.numpy().ravel().tolist() == [0, 4]
    assert part.completed().holes.numpy().ravel().tolist() == [0, 0]
    two = completion_windows.joined(part, part.completed())
    assert int(two.length()) == 2 and two.holes.numpy().ravel().tolist() == [1, 0, 0, 0]
