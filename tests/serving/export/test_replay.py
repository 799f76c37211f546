"""A fresh process answers, or says why it cannot."""

import numpy as np
import pytest
import tensorflow as tf

from tests.serving import painter
from tfvideogan.serving.export import checked, replay, warmup


@pytest.fixture(scope="module")
def module() -> checked.SignatureModule:
    return checked.SignatureModule(painter.Painter().serving_functions())


@pytest.fixture(scope="module")
def folder(module, tmp_path_factory):
    found = tmp_path_factory.mktemp("export")
    tf.saved_model.save(module, str(found), signatures=module.concrete)
    warmup.write(found, warmup.requests(module, model="painter", batch_sizes=(1,)))
    return found


def test_the_warm_up_and_further_requests_are_answered_in_order(
    folder, module, tmp_path, capsys
):
    drawn = warmup.drawn_requests(module, model="painter")
    warmup.write_file(tmp_path / "drawn", drawn)
    assert replay.main([str(folder), str(tmp_path), str(tmp_path / "drawn")]) == 0
    assert capsys.readouterr().out == "6\n"
    with np.load(tmp_path / "3.npz") as answer:
        own = module.served["predict"].function(**warmup.inputs(drawn[0]))
        np.testing.assert_allclose(answer["brightness"], own["brightness"], atol=1e-6)
    with np.load(tmp_path / "2.npz") as answer:
        np.testing.assert_array_equal(answer["next_state_count"], [[1.0]])


@pytest.mark.slow
def test_what_a_fresh_process_says_is_passed_on(folder, tmp_path):
    (tmp_path / "drawn").write_bytes(b"no record" * 9)
    answers = replay.in_fresh_process(folder, tmp_path, tmp_path / "drawn")
    with pytest.raises(replay.ReplayFailed, match=r"(?s)fresh process.*DataLossError"):
        list(answers)
