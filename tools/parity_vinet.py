"""Records what VINet's released code computes, for the test that our networks meet it.

Runs by hand, in an environment of its own, on a checkout of the original:

    git clone https://github.com/mcahny/Deep-Video-Inpainting
    git -C Deep-Video-Inpainting checkout 0dabb83
    python3 -m venv .parity
    .parity/bin/pip install torch numpy
    PYTHONPATH=. .parity/bin/python tools/parity_vinet.py --original=Deep-Video-Inpainting

The network gets weights by formula, so that only names, shapes and outputs are written.
While it runs, its two CUDA operations are plain ones, everything stays on the CPU, and
corners are aligned when features are sampled, as they were in the PyTorch of its time:
since 1.3 a flow of 0 would move them.
"""

import argparse
import functools
import importlib
import sys
import types
from unittest import mock

import numpy as np
import torch

from tests.models.vinet import recorded_inputs

Goldens = dict[str, np.ndarray]


class Correlation(torch.nn.Module):
    """Means over channels of the products at all displacements, rows slowest."""

    def __init__(self, *, max_displacement: int, **_: object) -> None:
        """Stores the largest displacement; all else is as the original has it."""
        super().__init__()
        self.reach = max_displacement

    def forward(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        """Takes [N, C, H, W] twice, returns [N, D², H, W]."""
        height, width = first.shape[2:]
        padded = torch.nn.functional.pad(second, [self.reach] * 4)
        span = range(2 * self.reach + 1)
        return torch.stack(
            [
                (first * padded[:, :, dy : dy + height, dx : dx + width]).mean(1)
                for dy in span
                for dx in span
            ],
            dim=1,
        )


class Resample2d(torch.nn.Module):
    """Bilinear samples at p + flow(p), with the border repeated."""

    def forward(self, images: torch.Tensor, flow: torch.Tensor) -> torch.Tensor:
        """Takes [N, C, H, W] and [N, 2, H, W], returns [N, C, H, W]."""
        height, width = images.shape[2:]
        columns = flow[:, 0] + torch.arange(width)
        rows = flow[:, 1] + torch.arange(height)[:, None]
        grid = [2 * columns / (width - 1) - 1, 2 * rows / (height - 1) - 1]
        return torch.nn.functional.grid_sample(
            images, torch.stack(grid, -1), padding_mode="border", align_corners=True
        )


def main() -> None:
    """Records, and says what the file holds."""
    made = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    made.add_argument("--original", required=True, metavar="FOLDER")
    made.add_argument("--output", default="tests/goldens/parity_vinet.npz")
    options = made.parse_args()
    sys.path.insert(0, options.original)
    stand_in()
    goldens = {}
    for kind in recorded_inputs.SIZES:
        goldens |= steps(kind)
    np.savez_compressed(options.output, **goldens)
    for name, value in goldens.items():
        print(f"{name} {value.shape} {value.dtype} {np.ravel(value)[:3]}")


def stand_in() -> None:
    """Replaces what needs a GPU or an old PyTorch."""
    for name, words in (
        ("models.correlation_package.correlation", {"Correlation": Correlation}),
        ("lib.resample2d_package.resample2d", {"Resample2d": Resample2d}),
    ):
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(words)
    torch.cuda.is_available = lambda: False
    torch.Tensor.cuda = torch.nn.Module.cuda = lambda self, *_: self
    functional = torch.nn.functional
    functional.grid_sample = functools.partial(
        functional.grid_sample, align_corners=True
    )
    functional.upsample = functional.interpolate


def network(kind: str) -> torch.nn.Module:
    """Makes the original's network, with weights by formula."""
    options = types.SimpleNamespace(
        crop_size=recorded_inputs.SIZES[kind][1],
        double_size=kind == "double",
        search_range=4,
        batch_norm=False,
        prev_warp=True,
        loss_on_raw=True,
    )
    vinet = importlib.import_module("models.vinet")
    up = vinet.GatedUpConvolution
    # Its decoder asks for square frames.
    height, width = recorded_inputs.SIZES[kind]
    with mock.patch.object(
        vinet,
        "GatedUpConvolution",
        lambda size, *rest, **words: up(
            (1, size[1] * height // width, size[2]), *rest, **words
        ),
    ):
        made = vinet.VINet_final(options)
    weights = recorded_inputs.weights(parameters(made))
    made.load_state_dict({name: torch.from_numpy(one) for name, one in weights.items()})
    return made.eval()


def parameters(made: torch.nn.Module) -> np.ndarray:
    """Returns "name size size ..." of every parameter."""
    return np.array(
        [
            " ".join([name, *map(str, value.shape)])
            for name, value in made.state_dict().items()
        ]
    )


@torch.no_grad()
def steps(kind: str) -> Goldens:
    """Records a first frame, and one that has a previous output and a memory."""
    made, found = network(kind), {}
    found[f"{kind}/parameters"] = parameters(made)
    state = previous = shown = None
    for step in range(2):
        frames, holes = map(to_torch, recorded_inputs.clip(kind, step))
        middle = holes[:, :, recorded_inputs.MIDDLE]
        if step == 0:
            previous, shown = frames[:, :, recorded_inputs.MIDDLE], middle
        feed = torch.cat([previous, torch.ones_like(shown), shown], dim=1)
        # What the next step is shown of the holes of this one.
        shown = middle * (recorded_inputs.SHARE if kind == "double" else 0.0)
        output, flows, state, _, carried = made(frames, holes, state, feed, step)
        if step:
            output, raw = output
            found[f"{kind}/{step}/raw"] = recorded_inputs.thinned(
                to_numpy(raw[:, :, 0])
            )
            found[f"{kind}/{step}/carried"] = recorded_inputs.thinned(to_numpy(carried))
        previous = output[:, :, 0]
        found[f"{kind}/{step}/frame"] = recorded_inputs.thinned(to_numpy(previous))
        found[f"{kind}/{step}/hidden"] = recorded_inputs.thinned(to_numpy(state[0]))
        found[f"{kind}/{step}/flows"] = np.concatenate(
            [recorded_inputs.thinned(to_numpy(one)) for one in flows.unbind(2)]
        )
    return found


def to_torch(array: np.ndarray) -> torch.Tensor:
    """Returns [N, ..., C] as [N, C, ...]."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(array, -1, 1)))


def to_numpy(tensor: torch.Tensor) -> np.ndarray:
    """Returns [N, C, ...] as [N, ..., C]."""
    return np.moveaxis(tensor.numpy(), 1, -1)


if __name__ == "__main__":
    main()
