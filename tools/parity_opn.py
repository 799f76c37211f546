"""Records what OPN's released code computes, for the test that our networks meet it.

Runs by hand, in an environment of its own, on a checkout of the original:

    git clone https://github.com/seoungwugoh/opn-demo
    git -C opn-demo checkout 5c7229c
    python3 -m venv .parity
    .parity/bin/pip install torch numpy opencv-python-headless
    PYTHONPATH=. .parity/bin/python tools/parity_opn.py --original=opn-demo

The networks get weights by formula, so that only names, shapes and outputs are written.
The code is of an early PyTorch: what it imports and does not use is left out, and the one
mask that it subtracts from 1 is a number there and a truth value where it selects. Depths
in holes are exact, not OpenCV's approximation by a 5x5 mask.

    ... tools/parity_opn.py --original=opn-demo --speed=opn-demo/Video_inputs/parkour

prints what a frame costs instead, in seconds of the clock and of all processors: of the
memory, and filled from five others, 240x424.
"""

import argparse
import importlib
import pathlib
import sys
import time
import types
from collections.abc import Callable

import cv2
import numpy as np
import torch

from tests import formula_weights
from tests.models.opn import recorded_inputs

Goldens = dict[str, np.ndarray]
UNUSED = ("torchvision", "matplotlib", "matplotlib.pyplot", "PIL", "tqdm")
CONSTANTS = ("mean", "mean3d", "std")
# Of the timing: frames that are filled, frames that they are filled from, and the size.
TIMED, REFERENCES, HEIGHT, WIDTH = 4, 5, 240, 424


class Original:
    """The networks of a checkout, with weights by formula."""

    def __init__(self, checkout: str) -> None:
        """Imports the modules.

        Args:
          checkout: folder of the repository.
        """
        for name in UNUSED:
            sys.modules[name] = types.ModuleType(name)
        sys.modules["torchvision"].models = None
        sys.modules["PIL"].Image = None
        sys.modules["matplotlib"].pyplot = sys.modules["matplotlib.pyplot"]
        sys.path.insert(0, checkout)
        # Behind F.upsample, which newer versions warn about or lack.
        functional = torch.nn.functional
        functional.upsample = functional.interpolate
        opn, tcn = (importlib.import_module(f"models.{one}") for one in ("OPN", "TCN"))
        self.opn = with_weights(torch.nn.DataParallel(opn.OPN()), "opn").module
        self.tcn = with_weights(torch.nn.DataParallel(tcn.TCN()), "tcn").module
        select = self.opn.MaskedRead.forward
        self.opn.MaskedRead.forward = lambda *given: select(*given[:-1], given[-1] > 0)

    def remember(self, *clips: torch.Tensor) -> list[torch.Tensor]:
        """Encodes frames, what is visible and depths, each [1, C, T, H, W]."""
        keys, values, holes = self.opn.memorize(*clips)
        return [keys, values, holes.float()]

    def complete(
        self,
        memory: list[torch.Tensor],
        frame: torch.Tensor,
        visible: torch.Tensor,
        depths: torch.Tensor,
    ) -> torch.Tensor:
        """Paints a frame until nothing is missing."""
        while depths.sum() > 0:
            frame, depths = self.opn.read(*memory, frame, visible, depths)
        return frame


def main() -> None:
    """Records, and says what the file holds; or takes times."""
    made = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    made.add_argument("--original", required=True, metavar="FOLDER")
    made.add_argument("--output", default="tests/goldens/parity_opn.npz")
    made.add_argument("--speed", metavar="VIDEO")
    options = made.parse_args()
    original = Original(options.original)
    torch.set_grad_enabled(False)
    if options.speed:
        print(speed(original, pathlib.Path(options.speed)))
        return
    goldens = {
        "parameters": parameters(opn=original.opn, tcn=original.tcn),
        **recorded(original),
    }
    np.savez_compressed(options.output, **goldens)
    for name, value in goldens.items():
        print(f"{name} {value.shape} {value.dtype} {np.ravel(value)[:3]}")


def with_weights(network: torch.nn.Module, prefix: str) -> torch.nn.Module:
    """Gives a network its weights by formula; its constants stay."""
    weights = {
        name: torch.from_numpy(formula_weights.weight(f"{prefix}.{name}", value.shape))
        for name, value in network.state_dict().items()
        if not name.endswith(CONSTANTS)
    }
    network.load_state_dict(weights, strict=False)
    return network.eval()


def parameters(**networks: torch.nn.Module) -> np.ndarray:
    """Returns "name size size ..." of every parameter, by the networks' names."""
    return np.array(
        [
            " ".join([f"{prefix}.module.{name}", *map(str, value.shape)])
            for prefix, network in networks.items()
            for name, value in network.state_dict().items()
            if not name.endswith(CONSTANTS)
        ]
    )


def recorded(original: Original) -> Goldens:
    """Records keys and values, a pass, a whole inference, and the same made one video."""
    frames, holes = recorded_inputs.frames(), recorded_inputs.holes()
    frames, holes, depths = inputs(frames, holes)
    every = slice(None, None, recorded_inputs.MEMORY_EVERY)
    clips = (frames, 1 - holes, depths)
    memory = original.remember(*(one[:, :, every] for one in clips))
    completed = torch.zeros_like(frames)
    for time_ in range(recorded_inputs.NUM_FRAMES):
        others = [
            place
            for place in range(memory[0].shape[2])
            if place * recorded_inputs.MEMORY_EVERY != time_
        ]
        completed[:, :, time_] = original.complete(
            [one[:, :, others] for one in memory], *(one[:, :, time_] for one in clips)
        )
    first, _ = original.opn.read(*memory, *(one[:, :, 1] for one in clips))
    return {
        "keys": to_numpy(memory[0]),
        "values": to_numpy(memory[1]),
        "pass": to_numpy(first),
        "completed": to_numpy(completed),
        "consistent": to_numpy(consistent(original, completed, holes)),
    }


def consistent(
    original: Original, completed: torch.Tensor, holes: torch.Tensor
) -> torch.Tensor:
    """Runs the consistency network along a video, from an empty frame on."""
    made, state = torch.zeros_like(completed), None
    made[:, :, 0] = completed[:, :, 0]
    made[:, :, -1] = 0
    for number in range(completed.shape[2]):
        made[:, :, number], state = original.tcn(
            made[:, :, number - 1],
            holes[:, :, number - 1],
            completed[:, :, number],
            holes[:, :, number],
            state,
        )
    return made


def speed(original: Original, folder: pathlib.Path) -> str:
    """Takes times of a video whose frames are `*.jpg` and whose masks are `*.png`."""
    paths = sorted(folder.glob("*.jpg"))[: 5 * REFERENCES + TIMED]
    frames = [cv2.imread(str(path))[..., ::-1] / 255.0 for path in paths]
    masks = [cv2.imread(str(one.with_suffix(".png"))) for one in paths]
    frames = np.stack([cv2.resize(one, (WIDTH, HEIGHT)) for one in frames])
    masks = [(one.max(axis=-1) > 0).astype(np.uint8) for one in masks]
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    holes = np.stack(
        [
            cv2.dilate(cv2.resize(one, (WIDTH, HEIGHT), interpolation=0), cross)
            for one in masks
        ]
    )[..., np.newaxis]
    clips = inputs(frames.astype(np.float32), holes.astype(np.float32))
    frames, holes, depths = clips
    clips = (frames, 1 - holes, depths)
    every = slice(0, 5 * REFERENCES, 5)
    memory, of_memory = timed(
        lambda: original.remember(*(one[:, :, every] for one in clips))
    )
    targets = range(1, 1 + TIMED)
    _, of_filling = timed(
        lambda: [
            original.complete(memory, *(one[:, :, number] for one in clips))
            for number in targets
        ]
    )
    return (
        f"memory {of_memory / REFERENCES} s a frame, filled {of_filling / TIMED} s a "
        f"frame, deepest {[round(depths[:, :, one].max().item()) for one in targets]}"
    )


def timed(run: Callable[[], object]) -> tuple[object, np.ndarray]:
    """Returns what a second call gives, and its seconds: of the clock, of processors."""
    run()
    start = np.array([time.perf_counter(), time.process_time()])
    made = run()
    return made, np.array([time.perf_counter(), time.process_time()]) - start


def inputs(
    frames: np.ndarray, holes: np.ndarray
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Returns frames with the mean colour in holes, holes and depths, [1, C, T, H, W]."""
    mean = np.array([0.485, 0.456, 0.406], np.float32)
    precise = cv2.DIST_MASK_PRECISE
    depths = [
        cv2.distanceTransform(one.astype(np.uint8), cv2.DIST_L2, precise)
        for one in holes
    ]
    arrays = (
        np.where(holes > 0, mean, frames),
        holes,
        np.stack(depths)[..., np.newaxis],
    )
    return tuple(
        torch.from_numpy(np.ascontiguousarray(np.moveaxis(one, -1, 0)))[None].float()
        for one in arrays
    )


def to_numpy(tensor: torch.Tensor) -> np.ndarray:
    """Returns [1, C, ...] as some numbers of [..., C]."""
    return recorded_inputs.thinned(np.moveaxis(tensor[0].numpy(), 0, -1))


if __name__ == "__main__":
    main()
