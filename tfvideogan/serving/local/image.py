"""The command of the official image that serves what the local server serves.

Inside a container only what is mounted exists, so every folder that a configuration names
is mounted where it names it, and every file that a flag names is carried over.
"""

import argparse
import dataclasses
import pathlib
import shlex

from tfvideogan.serving.local.lifecycle import config

IMAGE = "tensorflow/serving"
GRPC_PORT, REST_PORT = 8500, 8501
# A flag of the image beside its models: raw bytes are what video needs.
RAW = "--enable_serialization_as_tensor_content=true"
MODELS, CONFIG_ROOT = "models.config", "/config"
# Beside a models.config: the local server has no batching, the image does.
BATCHING = "batching.config"


@dataclasses.dataclass
class _Command:
    """What the command line consists of.

    Attributes:
      mounts: folders outside by places inside.
      settings: of the container: environment.
      flags: of the server.
      note: what is said after it.
    """

    mounts: dict[str, str] = dataclasses.field(default_factory=dict)
    settings: list[str] = dataclasses.field(default_factory=list)
    flags: list[str] = dataclasses.field(default_factory=list)
    note: str = ""

    def carry(self, flag: str, file: pathlib.Path, place: str) -> None:
        """Adds a flag that names a file, with the file's folder at a place."""
        source = str(file.parent)
        place = next((one for one in self.mounts if self.mounts[one] == source), place)
        self.mounts[place] = source
        self.flags.append(f"--{flag}={place}/{file.name}")

    def line(self, ports: list[tuple[int, int]]) -> str:
        """Returns the command."""
        words = ["docker", "run"]
        for outside, inside in ports:
            words += ["-p", f"{outside}:{inside}"]
        for target, source in self.mounts.items():
            words += ["--mount", f"type=bind,source={source},target={target}"]
        words += [*self.settings, IMAGE, *self.flags, RAW]
        return shlex.join(words)


def line(options: argparse.Namespace, folder: pathlib.Path) -> str:
    """Returns the first line of output: the command of the official image.

    Args:
      options: the flags, which have been read without a complaint.
      folder: the working folder.
    """
    made = _Command()
    saved_models = folder / options.saved_models
    if options.model_base_path:
        _add_model(made, options.model_name, folder / options.model_base_path)
    elif options.model_config_file:
        _add_config(made, folder / options.model_config_file)
    elif (saved_models / MODELS).is_file():
        _add_config(made, saved_models / MODELS)
    else:
        _add_folder(made, saved_models)
    for flag, place in (
        ("monitoring_config_file", "/monitoring"),
        ("ssl_config_file", "/ssl"),
    ):
        if getattr(options, flag):
            made.carry(flag, folder / getattr(options, flag), place)
    ports = [(options.port, GRPC_PORT), (options.rest_api_port, REST_PORT)]
    command = made.line([pair for pair in ports if pair[0]])
    return (
        f"This is a local stand-in; production is the official {IMAGE} image: {command}"
        f"{made.note}"
    )


def _add_model(made: _Command, name: str, source: pathlib.Path) -> None:
    made.mounts[f"{config.IMAGE_ROOT}/{name}"] = str(source)
    made.settings = ["-e", f"MODEL_NAME={name}"]


def _add_config(made: _Command, file: pathlib.Path) -> None:
    """Mounts a configuration, and its models where it says that they are."""
    root, places = pathlib.Path(config.IMAGE_ROOT), config.places(file)
    inside = {one: one.relative_to(root) for one in places if one.is_relative_to(root)}
    if all(places[one] == file.parent / name for one, name in inside.items()):
        place = config.IMAGE_ROOT  # of the folder, with the models that are in it
        places = {one: source for one, source in places.items() if one not in inside}
    else:
        place = CONFIG_ROOT
    made.carry("model_config_file", file, place)
    made.mounts |= {str(one): str(source) for one, source in places.items()}
    if (file.parent / BATCHING).is_file():
        made.note = (
            "; to join requests, add --enable_batching "
            f"--batching_parameters_file={place}/{BATCHING}"
        )


def _add_folder(made: _Command, folder: pathlib.Path) -> None:
    """Mounts a folder of models that has no configuration."""
    names = [one.name for one in config.find_models(folder)]
    if len(names) == 1:
        _add_model(made, names[0], folder / names[0])
        return
    file = folder / MODELS
    made.carry("model_config_file", file, config.IMAGE_ROOT)
    made.note = f"; {file} must be written first, and list {', '.join(names)}"
