"""The tool that judges a deblurring run beside the true blur undone."""

import importlib.util

import numpy as np
import pytest
from scipy import ndimage

from tests import source_tree
from tests.engine import training_runs
from tfvideogan import train
from tfvideogan.data.blur import camera_shake
from tfvideogan.metrics import image

SMALL = (
    "WIDTHS = (2, 4)",
    "deblurgan.Options.blocks = (1, 1)",
    "deblurgan.Options.critic_width = 2",
    "blurred.Blurred.num_shakes = 4",
    "blurred.Blurred.length = 8.0",
    "loop.run.metrics = ()",
)


@pytest.fixture(scope="module")
def tool():
    path = source_tree.ROOT / "tools" / "deblur_references.py"
    spec = importlib.util.spec_from_file_location("deblur_references", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("gamma", [1.0, 2.2])
def test_a_known_blur_is_mostly_undone(tool, gamma):
    draw = np.random.default_rng(0)
    scene = ndimage.gaussian_filter(draw.uniform(size=(96, 96, 3)), (1.5, 1.5, 0))
    scene = np.clip(4.0 * (scene - 0.5) + 0.5, 0.1, 0.9)
    path = camera_shake.trajectories(draw, count=1, length=20.0, iterations=200)
    [kernel] = camera_shake.point_spreads(path, np.ones(1))
    light = ndimage.convolve(scene**gamma, kernel[..., np.newaxis], mode="mirror")
    given = np.clip(light, 0, 1) ** (1 / gamma)
    # Beyond the border both have to guess.
    inner = np.s_[24:-24, 24:-24]
    before = image.psnr(given[inner], scene[inner])
    for name, made in tool.deconvolved(given, kernel, gamma=gamma).items():
        assert image.psnr(made[inner], scene[inner]) > before + 2.0, name


@pytest.mark.long
def test_a_run_is_judged_by_sequence(tool, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(source_tree.ROOT)
    files = ["--gin_file=gin/deblurgan.gin", "--gin_file=gin/smoke.gin"]
    bindings = [f"--gin_param={one}" for one in (*SMALL, "STEPS = 1", "FRAMES = 1")]
    run = tmp_path / "run"
    assert train.main([*files, *bindings, f"--workdir={run}"]) == 0
    assert training_runs.records(run)[-1]["step"] == 1
    capsys.readouterr()
    assert tool.main([f"--workdir={run}", "--clips=2", "--frames=1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "camera shakes of 8 px" in lines[0]
    header = next(one for one in lines if one.startswith("PSNR"))
    assert header.split()[1:] == [
        "blurred",
        "unsharp",
        "restored",
        "Wiener",
        "R-L",
        "n",
    ]
    row = next(one for one in lines if one.startswith("all"))
    assert row.split()[-1] == "2" and float(row.split()[1]) > 10
