"""Workers compare what they are about to do."""

import zlib

import numpy as np
import pytest
import tensorflow as tf

from tfvideogan.core import errors
from tfvideogan.engine.processes import agreement

FACTS = {"step": "4", "batch_size": "8"}


def test_one_worker_has_nobody_to_compare_with(
    one_device: tf.distribute.Strategy,
) -> None:
    agreement.check(one_device, FACTS)


def test_a_digest_is_the_crc_of_the_text() -> None:
    found = agreement.digests({"a": "4"})
    assert found.tolist() == [zlib.crc32(b"4")] == [0xF3B61B38]


def test_each_worker_fills_its_own_row(two_devices: list[str]) -> None:
    # Two replicas of one process: both add the row of worker 1, which counts once.
    strategy = tf.distribute.MirroredStrategy(two_devices)
    own = np.array([0xFFFFFFFF, 0, 0x12345678], np.int64)
    rows = agreement.gathered(strategy, own, 2, 1)
    np.testing.assert_array_equal(rows, [[0, 0, 0], own])


def test_equal_rows_pass_and_the_first_difference_is_named() -> None:
    same = agreement.digests(FACTS)
    agreement.compare(FACTS, np.stack([same, same]), 1)
    other = agreement.digests({**FACTS, "batch_size": "4"})
    with pytest.raises(errors.UserError) as caught:
        agreement.compare(FACTS, np.stack([same, same, other]), 1)
    assert "Workers 0 and 2 differ in `batch_size` (8 on worker 1)" in str(caught.value)
    assert "shared disk" in str(caught.value)


def test_other_names_are_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = {"step": "4", "batch": "8"}
    monkeypatch.setattr(agreement.strategies, "workers", lambda strategy: (2, 0))

    def gathered(strategy: object, own: np.ndarray, *args: int) -> np.ndarray:
        other = {agreement.NAMES: ", ".join(theirs)} if len(own) == 1 else theirs
        return np.stack([own, agreement.digests(other)])

    monkeypatch.setattr(agreement, "gathered", gathered)
    with pytest.raises(errors.UserError, match="`names of the settings`"):
        agreement.check(None, FACTS)
