"""Records what VOS-ForeGAN's own code computes, for the test that our networks meet it.

Runs by hand, in an environment of its own, on a checkout of the original. The commit is
that of variant v10 ("Dmask-prop") as it was trained; the last one adds a spatial
transformer to the same class.

    git clone https://github.com/ppalaupuigdevall/VOS-ForeGAN
    git -C VOS-ForeGAN checkout 220fa4b
    python3 -m venv .parity
    .parity/bin/pip install torch torchvision opencv-python-headless matplotlib
    PYTHONPATH=. .parity/bin/python tools/parity_foregan.py --original=VOS-ForeGAN

The networks get weights by formula, so that only names, shapes and outputs are written.
While it runs, what asks for a GPU stays on the CPU, the frame size that the original has
written into its code gives way to that of the frames, and the penalties' random mixes
are halves.
"""

import argparse
import importlib
import pathlib
import sys
from collections.abc import Iterator

import numpy as np
import torch

from tests import formula_weights
from tests.models.foregan.thesis import recorded_scenes

NETWORKS = ("Gf", "Gb", "Df", "Db")
# The size that stands in the original's code.
SIZE = (224, 416)


def main() -> None:
    """Records, and says what the file holds."""
    made = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    made.add_argument("--original", required=True, metavar="FOLDER")
    made.add_argument("--output", default="tests/goldens/parity_foregan.npz")
    options = made.parse_args()
    root = pathlib.Path(options.original).resolve()
    sys.path[:0] = [str(root / "VFG"), str(root)]
    stay_on_cpu()
    original = importlib.import_module("models.forestgan_rnn_v10").ForestGANRNN_v10
    goldens = {
        "parameters": np.array(list(parameters(make(original, num_frames=2)))),
        **rollout(original),
        **scores(original),
        **generator_losses(original),
        **critic_losses(original),
    }
    np.savez_compressed(options.output, **goldens)
    for name, value in goldens.items():
        print(f"{name} {value.shape} {value.dtype}")


def stay_on_cpu() -> None:
    """Replaces what asks for a GPU, for random mixes, or for frames of one size."""
    zeros, expand = torch.zeros, torch.Tensor.expand

    def zeros_of_any_size(*sizes: int, **options: object) -> torch.Tensor:
        sizes = (sizes[0], 1, 1) if sizes[-2:] == SIZE else sizes
        return zeros(*sizes, **options)

    def expand_at_own_size(self: torch.Tensor, *sizes: int) -> torch.Tensor:
        sizes = (*sizes[:-2], *self.shape[-2:]) if sizes[-2:] == SIZE else sizes
        return expand(self, *sizes)

    torch.zeros, torch.Tensor.expand = zeros_of_any_size, expand_at_own_size
    torch.rand = lambda *sizes: torch.full(sizes, recorded_scenes.MIX)
    torch.Tensor.cuda = torch.nn.Module.cuda = lambda self: self
    torch.cuda.FloatTensor = torch.FloatTensor


def make(original: type, *, num_frames: int) -> object:
    """Returns the original's model with weights by formula."""
    defaults = importlib.import_module("options.train_options").TrainOptions()
    defaults.initialize()
    options = defaults._parser.parse_args([])
    options.is_train, options.gpu_ids = True, []
    options.T, options.num_patches = num_frames, 1
    model = original(options)
    # The only patch of frames of a patch's size.
    model._extract_real_patches = lambda options, foreground, background: background
    for name in NETWORKS:
        network = getattr(model, f"_{name}")
        shapes = {key: value.shape for key, value in network.state_dict().items()}
        weights = {
            key: torch.from_numpy(formula_weights.weight(f"{name}.{key}", shape))
            for key, shape in shapes.items()
        }
        network.load_state_dict(weights)
    return model


def parameters(model: object) -> Iterator[str]:
    """Yields "name size size ..." of every parameter."""
    for name in NETWORKS:
        for key, value in getattr(model, f"_{name}").state_dict().items():
            yield " ".join([f"{name}.{key}", *map(str, value.shape)])


def show(original: type, name: str, sizes: dict[str, int]) -> object:
    """Returns a model that has been given a scene."""
    model = make(original, num_frames=sizes["num_frames"])
    scene = {
        key: to_torch(value)
        for key, value in recorded_scenes.scene(name, **sizes).items()
    }
    mask = scene["mask"].expand(-1, 3, -1, -1)
    model.set_input(
        {
            "imgs": scene["frames"].split(1),
            "OFs": scene["codes"].split(1),
            "mask_f": scene["foreground"],
            "mask_b": scene["background"],
            "mask": mask,
            "transformed_mask": mask,
            "transformed_fg": scene["foreground"],
        }
    )
    return model


def rollout(original: type) -> dict[str, np.ndarray]:
    """Records the layers of a rollout, [T-1, H, W, c]."""
    model = show(original, "rollout", recorded_scenes.ROLLOUT)
    found = model.forward(recorded_scenes.ROLLOUT["num_frames"])
    names = ("foregrounds", "backgrounds", "composites", "masks")
    return {
        f"rollout/{name}": to_numpy(torch.cat(values))
        for name, values in zip(names, found, strict=True)
    }


def scores(original: type) -> dict[str, np.ndarray]:
    """Records the critics' maps of scores, [N, h, w, 1]."""
    model = make(original, num_frames=2)
    shown = {key: to_torch(value) for key, value in recorded_scenes.judged().items()}
    return {
        "scores/background": to_numpy(model._Db(shown["patches"])),
        "scores/foreground": to_numpy(model._Df(shown["foreground"], is_fg=True)),
        "scores/mask": to_numpy(model._Df(shown["mask"], is_fg=False)),
    }


def generator_losses(original: type) -> dict[str, np.ndarray]:
    """Records the terms of the generators' loss, summed over steps."""
    model = show(original, "generator_loss", recorded_scenes.GENERATOR_LOSS)
    total = model._forward_G()
    return {
        "generator/total": to_scalar(total),
        "generator/reconstruction": to_scalar(model._loss_g_fb_rec),
        "generator/foreground": to_scalar(model._loss_g_fg),
        "generator/background": to_scalar(model._loss_g_bg),
    }


def critic_losses(original: type) -> dict[str, np.ndarray]:
    """Records the critics' loss and their penalties, of one step."""
    model = show(original, "critic_loss", recorded_scenes.CRITIC_LOSS)
    total, *samples = model._forward_D()
    names = ("real_fg", "fake_fg", "real_bg", "fake_bg", "real_mask", "fake_mask")
    first = {name: one[0] for name, one in zip(names, samples, strict=True)}
    penalty = model._gradient_penalty_Df(first["real_fg"], first["fake_fg"], True)
    penalty = penalty + model._gradient_penalty_Df(
        first["real_mask"], first["fake_mask"], False
    )
    background = model._gradient_penalty_Db(first["real_bg"], first["fake_bg"])
    options = model._opt
    return {
        "critic/adversarial": to_scalar(total),
        "critic/background": to_scalar(model._loss_db_real + model._loss_db_fake),
        "critic/foreground_penalty": to_scalar(penalty * options.lambda_Df_gp),
        "critic/background_penalty": to_scalar(background * options.lambda_Db_gp),
    }


def to_torch(array: np.ndarray) -> torch.Tensor:
    """Returns [N, H, W, C] as [N, C, H, W]."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(array, -1, 1)))


def to_numpy(tensor: torch.Tensor) -> np.ndarray:
    """Returns [N, C, H, W] as [N, H, W, C]."""
    return np.moveaxis(tensor.detach().numpy(), 1, -1)


def to_scalar(tensor: torch.Tensor) -> np.ndarray:
    """Returns the only number of a tensor."""
    return np.float32(tensor.detach().reshape([]))


if __name__ == "__main__":
    main()
