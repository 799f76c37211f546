"""Records what CPNet's released code computes, for the test that our networks meet it.

Runs by hand, in an environment of its own, on a checkout of the original:

    git clone https://github.com/shleecs/Copy-and-Paste-Networks-for-Deep-Video-Inpainting
    git -C Copy-and-Paste-Networks-for-Deep-Video-Inpainting checkout 5b4bc95
    python3 -m venv .parity
    .parity/bin/pip install torch numpy pillow
    PYTHONPATH=. .parity/bin/python tools/parity_cpnet.py --original=Copy-and-Paste-...

The networks get weights by formula, so that only names, shapes and outputs are written.
The code is of PyTorch 0.4: while it runs, corners are aligned, as they were there, and
everything stays on the CPU. Its script of inference runs as it is, on a clip by formula.

`--seconds` measures that script's network instead, on a clip of the size of DAVIS.
"""

import argparse
import contextlib
import functools
import importlib
import os
import pathlib
import sys
import tempfile
import time
import types
from collections.abc import Iterator
from unittest import mock

import numpy as np
import PIL.Image
import torch
from torch.nn import functional

from tests.models.cpnet import recorded_inputs

Goldens = dict[str, np.ndarray]
# What the original imports and does not need here.
ABSENT = ("cv2", "torchvision", "matplotlib", "matplotlib.pyplot", "tqdm")
SCRIPT = "CPNet_test.py"


class Original:
    """The modules of a checkout, and its network with weights by formula."""

    def __init__(self, checkout: str) -> None:
        """Imports the modules.

        Args:
          checkout: folder of the repository.
        """
        self.folder = pathlib.Path(checkout).resolve()
        sys.path.insert(0, str(self.folder))
        for name in ABSENT:
            sys.modules[name] = types.ModuleType(name)
        sys.modules["torchvision"].models = sys.modules["torchvision"].transforms = None
        sys.modules["tqdm"].tqdm = lambda iterable: iterable
        sys.modules["matplotlib"].use = lambda name: None
        torch.Tensor.cuda = lambda tensor: tensor
        for name in ("affine_grid", "grid_sample"):
            aligned = functools.partial(getattr(functional, name), align_corners=True)
            setattr(functional, name, aligned)
        module = importlib.import_module("models.CPNet_model")
        self.network = module.CPNet().eval()
        shapes = {
            name: tuple(value.shape) for name, value in self.network.named_parameters()
        }
        drawn = recorded_inputs.weights(shapes)
        weights = {name: torch.from_numpy(value) for name, value in drawn.items()}
        self.network.load_state_dict(weights, strict=False)

    def inference(self) -> np.ndarray:
        """Runs the script; returns frames [T, H, W, 3] in [0, 1], before rounding."""
        found, scope = {}, {"__name__": "script"}

        def caught(canvas: np.ndarray) -> types.SimpleNamespace:
            found[scope["f"]] = scope["est"][0].permute(1, 2, 0).numpy()
            return types.SimpleNamespace(save=lambda path: None)

        data = types.ModuleType("DAVIS_dataset")
        data.DAVIS_Test = lambda **options: [given()]
        sys.modules["DAVIS_dataset"] = data
        parallel = torch.nn.DataParallel(self.network).state_dict()
        text = (self.folder / SCRIPT).read_text(encoding="utf-8")
        with (
            inside_an_empty_folder(),
            mock.patch.object(sys, "argv", [SCRIPT, "-g", ""]),
            mock.patch.object(torch, "load", lambda path: parallel),
            mock.patch.object(PIL.Image, "fromarray", caught),
            mock.patch.object(os, "system", lambda command: 0),
        ):
            exec(compile(text, SCRIPT, "exec"), scope)
        return np.stack([found[time] for time in range(recorded_inputs.NUM_FRAMES)])


def main() -> None:
    """Records, and says what the file holds."""
    made = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    made.add_argument("--original", required=True, metavar="FOLDER")
    made.add_argument("--output", default="tests/goldens/parity_cpnet.npz")
    made.add_argument("--seconds", action="store_true", help="measure, write nothing")
    options = made.parse_args()
    original = Original(options.original)
    if options.seconds:
        measure(original.network)
        return
    goldens = {
        "parameters": parameters(original.network),
        **parts(original.network),
        "inference": recorded_inputs.thinned(original.inference()),
    }
    np.savez_compressed(options.output, **goldens)
    for name, value in goldens.items():
        print(f"{name} {value.shape} {value.dtype} {np.ravel(value)[:3]}")


@contextlib.contextmanager
def inside_an_empty_folder() -> Iterator[None]:
    """Lets the script write where it is lost."""
    before = pathlib.Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def parameters(network: torch.nn.Module) -> np.ndarray:
    """Returns "name size size ..." of every parameter."""
    named = network.named_parameters()
    return np.array([" ".join([name, *map(str, value.shape)]) for name, value in named])


def given() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, dict[str, str]]:
    """Returns what the original's data set gives: hidden frames, holes, frames, name."""
    frames, holes = recorded_inputs.frames()[0], recorded_inputs.holes()[0]
    mean = np.array([0.485, 0.456, 0.406], np.float32)
    hidden = (1 - holes) * frames + holes * mean
    first_channels = (
        torch.from_numpy(np.moveaxis(one, -1, 0).copy())
        for one in (hidden, holes, frames)
    )
    return (*first_channels, {"name": "formula"})


@torch.no_grad()
def parts(network: torch.nn.Module) -> Goldens:
    """Records each network, context matching, and one call."""
    frames, holes, truth = (one[None] for one in given()[:3])
    target, references = recorded_inputs.TARGET, list(recorded_inputs.REFERENCES)
    features = network(frames, holes)  # [1, 256, T, 28, 28]
    theta = [
        network.A_Regressor(features[:, :, target], features[:, :, one])
        for one in references
    ]
    values = torch.stack(
        [network.Encoder(frames[:, :, one], holes[:, :, one]) for one in range(3)], 2
    )
    matched, c_mask = network.CM_Module(
        values, 1 - holes[:, :, 0], 1 - holes[:, :, 1:3]
    )
    filled = network(
        features[:, :, references],
        frames[:, :, references],
        holes[:, :, references],
        frames[:, :, target],
        holes[:, :, target],
        truth[:, :, target],
    )
    found = {
        "alignment": to_numpy(features[:, :, target]),
        "values": to_numpy(values[:, :, 0]),
        "matched": to_numpy(matched)[..., 128:],
        "c_mask": to_numpy(c_mask),
        "decoded": to_numpy(network.Decoder(matched)),
        "filled": to_numpy(filled),
    }
    thin = {name: recorded_inputs.thinned(value) for name, value in found.items()}
    return thin | {"theta": torch.cat(theta).numpy()}


@torch.no_grad()
def measure(network: torch.nn.Module) -> None:
    """Prints seconds of one target of 240x424 with ten references."""
    torch.set_num_threads(os.cpu_count() or 1)
    frames, holes = torch.rand(1, 3, 11, 240, 424), torch.zeros(1, 1, 11, 240, 424)
    holes[..., 80:160, 150:250] = 1
    features = network(frames, holes)
    for _ in range(4):
        start = time.perf_counter()
        made = network(
            features[:, :, 1:],
            frames[:, :, 1:],
            holes[:, :, 1:],
            frames[:, :, 0],
            holes[:, :, 0],
            frames[:, :, 0],
        )
        network(made[:, :, None], holes[:, :, :1])
        print(f"{time.perf_counter() - start:.2f} s a frame")


def to_numpy(tensor: torch.Tensor) -> np.ndarray:
    """Returns [N, C, ...] as [N, ..., C]."""
    return np.moveaxis(tensor.numpy(), 1, -1)


if __name__ == "__main__":
    main()
