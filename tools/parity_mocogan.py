"""Records what MoCoGAN's released code computes, for the test that our networks meet it.

Runs by hand, in an environment of its own, on a checkout of the original:

    git clone https://github.com/sergeytulyakov/mocogan
    git -C mocogan checkout 937a99d
    python3 -m venv .parity
    .parity/bin/pip install torch numpy
    PYTHONPATH=. .parity/bin/python tools/parity_mocogan.py --original=mocogan

The networks get weights by formula, so that only names, shapes and outputs are written.
The code is of Python 2 and an early PyTorch. While it runs, its one statement `print` is a
call, its logger is left out, lengths divide as whole numbers, what it draws is given, and
everything stays on the CPU.
"""

import argparse
import contextlib
import importlib
import pathlib
import re
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from unittest import mock

import numpy as np
import torch

from tests import formula_weights
from tests.models.mocogan.paper import recorded_inputs

Goldens = dict[str, np.ndarray]


class Length(int):
    """A number of frames by which Python 2 divides: 32 / Length(16) is 2."""

    def __rtruediv__(self, number: int) -> int:
        return number // int(self)


class Still:
    """An optimizer that leaves the weights, and their gradients, as they are."""

    def zero_grad(self) -> None:
        """Does nothing."""

    def step(self) -> None:
        """Does nothing."""


class Original:
    """The modules of a checkout, and networks of theirs with weights by formula."""

    def __init__(self, checkout: str) -> None:
        """Imports the modules.

        Args:
          checkout: folder of the repository.
        """
        torch.cuda.is_available = lambda: False
        source = pathlib.Path(checkout) / "src"
        sys.path.insert(0, str(source))
        self.models = importlib.import_module("models")
        sys.modules["logger"] = types.SimpleNamespace(Logger=None)
        text = (source / "trainers.py").read_text(encoding="utf-8")
        text = re.sub(r"^(\s+)print (\w+)$", r"\1print(\2)", text, flags=re.MULTILINE)
        self.trainers = types.ModuleType("trainers")
        exec(compile(text, "trainers.py", "exec"), vars(self.trainers))

    def generator(self) -> torch.nn.Module:
        """Makes the generator, motion included."""
        made = self.models.VideoGenerator(
            3,
            recorded_inputs.CONTENT,
            recorded_inputs.CATEGORIES,
            recorded_inputs.MOTION,
            Length(recorded_inputs.NUM_FRAMES),
        )
        return with_weights(made, "generator")

    def image_discriminator(self, noise: float = 0.0) -> torch.nn.Module:
        """Makes the discriminator of frames by patches."""
        made = self.models.PatchImageDiscriminator(
            3, use_noise=noise > 0, noise_sigma=noise
        )
        return with_weights(made, "image_discriminator")

    def whole_image_discriminator(self, noise: float = 0.0) -> torch.nn.Module:
        """Makes the discriminator of whole frames."""
        made = self.models.ImageDiscriminator(3, use_noise=noise > 0, noise_sigma=noise)
        return with_weights(made, "whole")

    def video_discriminator(self, noise: float = 0.0) -> torch.nn.Module:
        """Makes the discriminator of clips and categories."""
        made = self.models.CategoricalVideoDiscriminator(
            3, recorded_inputs.CATEGORIES, use_noise=noise > 0, noise_sigma=noise
        )
        return with_weights(made, "video_discriminator")

    def trainer(self) -> object:
        """Makes a trainer without data."""
        sampler = types.SimpleNamespace(batch_size=recorded_inputs.NUM_CLIPS)
        return self.trainers.Trainer(sampler, sampler, 1, 1, None, use_infogan=True)

    @contextlib.contextmanager
    def drawing(self, *drawn: Mapping[str, np.ndarray]) -> Iterator[None]:
        """Gives the generator codes instead of drawing them, one set for each call."""
        states = (
            torch.from_numpy(state)
            for codes in drawn
            for state in (codes["start"], *np.moveaxis(codes["noise"], 1, 0))
        )
        picked = np.array(recorded_inputs.PICKED_CLIPS) * recorded_inputs.NUM_FRAMES
        picked += recorded_inputs.PICKED_TIMES
        with (
            mock.patch.object(self.models, "T", drawer(lambda *_: next(states))),
            mock.patch.multiple(
                np.random,
                normal=mock.Mock(side_effect=[codes["content"] for codes in drawn]),
                randint=mock.Mock(side_effect=[codes["labels"] for codes in drawn]),
                choice=lambda *_, **__: picked,
            ),
        ):
            yield

    @contextlib.contextmanager
    def ones_for_noise(self) -> Iterator[None]:
        """Lets the discriminators add ones, so that the places of the noise show."""
        with mock.patch.object(self.models, "T", drawer(torch.ones)):
            yield


def main() -> None:
    """Records, and says what the file holds."""
    made = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    made.add_argument("--original", required=True, metavar="FOLDER")
    made.add_argument("--output", default="tests/goldens/parity_mocogan.npz")
    options = made.parse_args()
    original = Original(options.original)
    goldens = {
        "parameters": parameters(
            generator=original.generator(),
            image_discriminator=original.image_discriminator(),
            video_discriminator=original.video_discriminator(),
        ),
        "whole/parameters": parameters(whole=original.whole_image_discriminator()),
        **frames(original),
        **scores(original),
        **critic_losses(original),
        **generator_loss(original),
    }
    np.savez_compressed(options.output, **goldens)
    for name, value in goldens.items():
        print(f"{name} {value.shape} {value.dtype} {np.ravel(value)[:3]}")


def drawer(normal: Callable[..., torch.Tensor]) -> types.SimpleNamespace:
    """Stands for torch where the original says FloatTensor(size).normal_()."""
    return types.SimpleNamespace(
        FloatTensor=lambda *size: types.SimpleNamespace(normal_=lambda: normal(*size))
    )


def with_weights(network: torch.nn.Module, prefix: str) -> torch.nn.Module:
    """Gives a network its weights by formula; its counters of batches stay."""
    shapes = {name: value.shape for name, value in network.state_dict().items()}
    weights = {
        name: torch.from_numpy(formula_weights.weight(f"{prefix}.{name}", shape))
        for name, shape in shapes.items()
        if not name.endswith("num_batches_tracked")
    }
    network.load_state_dict(weights, strict=False)
    return network


def parameters(**networks: torch.nn.Module) -> np.ndarray:
    """Returns "name size size ..." of every parameter, by the networks' names."""
    return np.array(
        [
            " ".join([f"{prefix}.{name}", *map(str, value.shape)])
            for prefix, network in networks.items()
            for name, value in network.state_dict().items()
            if not name.endswith("num_batches_tracked")
        ]
    )


@torch.no_grad()
def frames(original: Original) -> Goldens:
    """Records motion codes [N, T, D], frames, and the statistics that training moves."""
    generator = original.generator()
    codes = recorded_inputs.codes("codes")
    with original.drawing(codes):
        motion = generator.sample_z_m(recorded_inputs.NUM_CLIPS)
    found = {"motion": motion.numpy().reshape(codes["noise"].shape)}
    for mode, switch in (("inference", generator.eval), ("training", generator.train)):
        switch()
        with original.drawing(codes):
            clips, _ = generator.sample_videos(recorded_inputs.NUM_CLIPS)
        found[f"frames/{mode}"] = recorded_inputs.thinned(to_numpy(clips))
    *_, norm = (one for one in generator.main if isinstance(one, torch.nn.BatchNorm2d))
    return found | {
        "statistics/mean": norm.running_mean.numpy(),
        "statistics/variance": norm.running_var.numpy(),
    }


@torch.no_grad()
def scores(original: Original) -> Goldens:
    """Records logits of images [N, (h, w)] and clips [N], and of categories [N, C]."""
    images = to_torch(recorded_inputs.images())
    clips = to_torch(recorded_inputs.clips())
    found = {}
    for mode in ("inference", "training", "noisy"):
        noise = recorded_inputs.NOISE if mode == "noisy" else 0.0
        judges = {
            "patches": original.image_discriminator(noise=noise),
            "whole": original.whole_image_discriminator(noise),
            "video": original.video_discriminator(noise),
        }
        with original.ones_for_noise():
            for name, judge in judges.items():
                judge.train(mode == "training")
                logits, classes = judge(clips if name == "video" else images)
                found[f"{name}/{mode}"] = logits.numpy()
                if classes is not None:
                    found[f"categories/{mode}"] = classes.numpy()
    return found


def critic_losses(original: Original) -> Goldens:
    """Records the losses of both discriminators, that of clips with and without labels."""
    generator, trainer = original.generator(), original.trainer()
    real = {
        "image": {"images": to_torch(recorded_inputs.images())},
        "video": {
            "images": to_torch(recorded_inputs.clips()),
            "categories": torch.tensor(recorded_inputs.REAL_LABELS),
        },
    }
    cases = {
        "image": (original.image_discriminator, generator.sample_images, False),
        "video": (original.video_discriminator, generator.sample_videos, False),
        "video_labelled": (original.video_discriminator, generator.sample_videos, True),
    }
    found = {}
    for name, (make, sample, use_categories) in cases.items():
        kind = name.partition("_")[0]
        with original.drawing(fakes(kind)):
            loss = trainer.train_discriminator(
                make(),
                lambda kind=kind: real[kind],
                sample,
                Still(),
                recorded_inputs.NUM_CLIPS,
                use_categories=use_categories,
            )
        found[f"critic_loss/{name}"] = loss.detach().numpy()
    return found


def generator_loss(original: Original) -> Goldens:
    """Records the generator's loss and its gradients: norms, and shares of a direction."""
    generator = original.generator()
    with original.drawing(fakes("image"), fakes("video")):
        loss = original.trainer().train_generator(
            original.image_discriminator(),
            original.video_discriminator(),
            generator.sample_images,
            generator.sample_videos,
            Still(),
        )
    found = {"generator_loss": loss.detach().numpy()}
    for name, value in generator.named_parameters():
        gradient, full_name = value.grad.double().numpy(), f"generator.{name}"
        direction = recorded_inputs.direction(full_name, gradient.shape)
        share = np.sum(gradient * direction)
        found[f"gradient/{full_name}"] = np.array([np.linalg.norm(gradient), share])
    return found


def fakes(kind: str) -> dict[str, np.ndarray]:
    """Draws the codes of fake images or of fake clips."""
    if kind == "image":
        return recorded_inputs.codes("image_codes", recorded_inputs.IMAGE_CLIPS)
    return recorded_inputs.codes("codes")


def to_torch(array: np.ndarray) -> torch.Tensor:
    """Returns [N, ..., C] as [N, C, ...]."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(array, -1, 1)))


def to_numpy(tensor: torch.Tensor) -> np.ndarray:
    """Returns [N, C, ...] as [N, ..., C]."""
    return np.moveaxis(tensor.numpy(), 1, -1)


if __name__ == "__main__":
    main()
