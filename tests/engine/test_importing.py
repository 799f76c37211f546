"""Reading released weights, and the run that is made of them."""

import hashlib
import json
import pathlib
import re
import sys

import h5py
import keras
import numpy as np
import pytest

from tests import published_toy
from tests.engine import toy
from tfvideogan.core import errors
from tfvideogan.engine import build, importing
from tfvideogan.engine.runs import run_folder


def saved(path: pathlib.Path, arrays: dict[str, np.ndarray]) -> str:
    np.savez(path, **arrays)
    return str(path)


def test_names_get_what_stands_before_the_file(tmp_path: pathlib.Path) -> None:
    path = saved(tmp_path / "a.npz", {"module.w": np.ones(2), "b": np.zeros(1)})
    assert set(importing.read([f"G={path}"]).arrays) == {"G.w", "G.b"}


def test_files_are_known_by_their_sums(tmp_path: pathlib.Path) -> None:
    path = saved(tmp_path / "a.npz", {"w": np.ones(2)})
    content = pathlib.Path(path).read_bytes()
    assert importing.read([path]).files == [
        {
            "name": "a.npz",
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    ]


def test_counters_of_batch_norms_are_dropped(tmp_path: pathlib.Path) -> None:
    arrays = {"w": np.ones(2), "norm.num_batches_tracked": np.array(7)}
    assert set(importing.read([saved(tmp_path / "a.npz", arrays)]).arrays) == {"w"}


def refusal(*given: str) -> str:
    with pytest.raises(errors.UserError) as caught:
        importing.read(given)
    return str(caught.value)


def test_a_name_of_two_files_is_refused(tmp_path: pathlib.Path) -> None:
    path = saved(tmp_path / "a.npz", {"w": np.ones(2)})
    text = refusal(f"G={path}", path, path)
    assert (
        "`w`, which an earlier file holds" in text and f"--weights=NAME={path}" in text
    )


def test_no_file_and_damage_are_one_line(tmp_path: pathlib.Path) -> None:
    assert "is no file" in refusal(str(tmp_path / "absent.npz"))
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"PK not a zip")
    assert "is damaged" in refusal(str(broken))
    # An array of objects would be unpickled.
    pickled = saved(tmp_path / "pickled.npz", {"w": np.array([{}], dtype=object)})
    assert "is damaged" in refusal(pickled)


def test_pytorch_is_asked_for_by_its_extra(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.pth"
    path.write_bytes(b"")
    monkeypatch.setitem(sys.modules, "torch", None)
    assert r"pip install 'tfvideogan[torch]'" in refusal(str(path))


def test_files_of_pytorch_are_read(tmp_path: pathlib.Path) -> None:
    torch = pytest.importorskip("torch")
    weight = torch.arange(6, dtype=torch.float16).reshape(2, 3)
    networks = {"G": {"module.w": weight}, "D": {"w": torch.ones(1)}}
    torch.save(networks, tmp_path / "all.pth")
    torch.save(networks["D"], tmp_path / "d.pth")
    found = importing.read([str(tmp_path / "all.pth"), f"E={tmp_path / 'd.pth'}"])
    assert set(found.arrays) == {"G.w", "D.w", "E.w"}
    np.testing.assert_array_equal(found.arrays["G.w"], [[0, 1, 2], [3, 4, 5]])
    assert found.arrays["G.w"].dtype == np.float32


def test_whole_objects_of_pytorch_are_not_unpickled(tmp_path: pathlib.Path) -> None:
    torch = pytest.importorskip("torch")
    torch.save(torch.nn.Linear(1, 1), tmp_path / "module.pth")
    assert "could run any code" in refusal(str(tmp_path / "module.pth"))
    torch.save({"w": torch.ones(1), "epoch": 3}, tmp_path / "more.pth")
    assert "holds `epoch` int, not only tensors" in refusal(str(tmp_path / "more.pth"))


@pytest.fixture
def published(one_device) -> build.Built:
    return build.build(published_toy.PublishedGAN, toy.ToySource, one_device)


RELEASED = importing.Released(published_toy.arrays(), ())


def keras_file(path: pathlib.Path, group: str) -> str:
    """A file as Keras 2 writes it: a layer, and a model inside the model."""
    with h5py.File(path, "w") as file:
        layers = file.require_group(group)
        for layer, weight in (("dense1", "dense1/bias:0"), ("sequential_1", "a/b:0")):
            made = layers.create_group(layer)
            made.attrs["weight_names"] = [weight.encode()]
            made.create_dataset(weight, data=np.ones(2, np.float32))
        layers.create_group("input_1").attrs["weight_names"] = []
    return str(path)


@pytest.mark.parametrize("group", ["model_weights", "/"])
def test_files_of_keras_2_are_read(group: str, tmp_path: pathlib.Path) -> None:
    path = keras_file(tmp_path / "weights.50.hdf5", group)
    found = importing.read([f"generator={path}"]).arrays
    assert set(found) == {"generator.dense1.bias", "generator.a.b"}
    np.testing.assert_array_equal(found["generator.dense1.bias"], np.ones(2))


# Keras warns of itself under NumPy 2.
@pytest.mark.filterwarnings("ignore:__array__ implementation")
def test_files_that_keras_writes_in_its_old_format_are_read(
    tmp_path: pathlib.Path,
) -> None:
    layers = [keras.Input([3]), keras.layers.Dense(2, name="dense_1")]
    network = keras.Sequential(layers)
    network.save(tmp_path / "theirs.h5")
    found = importing.read([str(tmp_path / "theirs.h5")]).arrays
    assert set(found) == {"dense_1.kernel", "dense_1.bias"}
    np.testing.assert_array_equal(found["dense_1.kernel"], network.get_weights()[0])


def test_other_files_of_this_name_are_one_line(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "broken.h5"
    path.write_bytes(b"no HDF5")
    assert "is damaged, or not of Keras 2's" in refusal(str(path))
    with h5py.File(path, "w") as file:
        file.create_group("layers")
    assert "is damaged, or not of Keras 2's" in refusal(str(path))


def test_a_model_without_other_names_is_refused(built: build.Built) -> None:
    with pytest.raises(errors.UserError, match="ToyGAN knows no other names"):
        importing.match(built.model, RELEASED)


def test_the_listing_names_both_sides(published: build.Built) -> None:
    model = published.model
    lines = importing.listing(model, importing.match(model, RELEASED)).splitlines()
    assert len(lines) == len(published_toy.SHAPES)
    (line,) = [one for one in lines if one.startswith("D.last.weight ")]
    assert re.fullmatch(r"D.last.weight +critic/dense\w*/kernel +\[36, 1\]", line)


def test_weights_and_averages_are_the_released_ones(
    published: build.Built, tmp_path: pathlib.Path
) -> None:
    model = published.model
    folder = run_folder.RunFolder(tmp_path / "run")
    matched = importing.match(model, RELEASED)
    importing.write(folder, published, RELEASED, matched, precision="float32")
    released = published_toy.arrays("G.first")
    for kernel in (model.generator.first.kernel, model.ema.averages[0]):
        value = np.transpose(kernel, [3, 2, 0, 1])
        np.testing.assert_array_equal(value, released["G.first.weight"])
    with pytest.raises(errors.UserError, match="holds a run already"):
        importing.check_free(folder)


def test_the_card_says_which_networks_have_come(
    published: build.Built, tmp_path: pathlib.Path
) -> None:
    model = published.model
    files = [{"name": "g.npz", "bytes": 1, "sha256": "0"}]
    released = importing.Released(published_toy.arrays("G"), files)
    matched = importing.match(model, released, is_partial=True)
    before = model.critic.last.kernel.numpy()
    folder = run_folder.RunFolder(tmp_path / "run")
    importing.check_free(folder)
    importing.write(folder, published, released, matched, precision="float32")
    card = json.loads((folder.path / "run.json").read_text())
    assert card["imported"] == {"files": files, "networks": ["generator"]}
    np.testing.assert_array_equal(model.critic.last.kernel, before)
