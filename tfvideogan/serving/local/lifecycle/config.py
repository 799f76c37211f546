"""The production server's configuration files.

`model_config_file` is text of a message that tensorflow-serving-api has. The messages of
the monitoring and TLS files are not shipped with it; they are a few flat fields, read by
`read_fields`.
"""

import dataclasses
import pathlib
import re

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from tfvideogan.core import errors
from tfvideogan.serving.local import status
from tfvideogan.serving.local.lifecycle import versions

PLATFORM = "tensorflow"
IMAGE_ROOT = "/models"
# Fields as text format has them: `name: value` or `name { ... }`.
_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|(?P<name>[A-Za-z_]\w*)|(?P<number>-?\d+)
    |(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<mark>[:{}])|(?P<end>[,;])""",
    re.VERBOSE | re.DOTALL,
)


@dataclasses.dataclass(frozen=True)
class ModelConfig:
    """One model that a server is to offer.

    Attributes:
      name: under which it is asked for.
      base_path: the folder with its versions, absolute.
      policy: which versions.
      labels: version by label.
    """

    name: str
    base_path: pathlib.Path
    policy: versions.Policy = versions.Policy()
    labels: tuple[tuple[str, int], ...] = ()


def read_models(path: pathlib.Path) -> tuple[ModelConfig, ...]:
    """Reads a `model_config_file`.

    A base path below /models, where the official image has its models, is looked for
    beside the file when it does not exist: one file serves the image and a laptop.

    Raises:
      UserError: the file cannot be read, or names models that are not allowed.
    """
    return tuple(_beside(model, path.parent) for model in _listed(path))


def places(path: pathlib.Path) -> dict[pathlib.Path, pathlib.Path]:
    """Returns where the models of a `model_config_file` are, by where it says they are.

    Raises:
      UserError: as `read_models`.
    """
    return {
        model.base_path: _beside(model, path.parent).base_path
        for model in _listed(path)
    }


def find_models(folder: pathlib.Path) -> tuple[ModelConfig, ...]:
    """Returns every model below a folder: what has a numbered version."""
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    return tuple(ModelConfig(one.name, one) for one in paths if versions.find(one))


def _listed(path: pathlib.Path) -> tuple[ModelConfig, ...]:
    parsed = model_server_config_pb2.ModelServerConfig()
    try:
        text_format.Parse(_content(path), parsed)
    except text_format.ParseError as error:
        raise errors.UserError(
            "Error parsing text-format tensorflow.serving.ModelServerConfig: "
            f"{path}: {error}"
        ) from error
    try:
        return check_models(parsed)
    except status.RequestError as error:
        raise errors.UserError(f"{path}: {error.message}") from error


def check_models(
    config: model_server_config_pb2.ModelServerConfig,
) -> tuple[ModelConfig, ...]:
    """Turns the message into models.

    Raises:
      status.RequestError: as HandleReloadConfigRequest words it.
    """
    if config.WhichOneof("config") != "model_config_list":
        raise status.invalid(
            "ServerModelConfig type not supported by HandleReloadConfigRequest. Only "
            "ModelConfigList is currently supported"
        )
    models: dict[str, ModelConfig] = {}
    for one in config.model_config_list.config:
        if one.name in models:
            raise status.invalid(
                f"Illegal to list model {one.name} multiple times in config list"
            )
        models[one.name] = _model(one)
    return tuple(models.values())


def read_fields(path: pathlib.Path) -> dict[str, str | int | bool]:
    """Reads a small text-format message; fields of inner messages as `outer.inner`.

    Raises:
      UserError: the file cannot be read or is not in text format.
    """
    content = _content(path)
    fields: dict[str, str | int | bool] = {}
    outer: list[str] = []
    tokens = _tokens(content, path)
    while tokens:
        kind, token = tokens.pop(0)
        follows = tokens[0] if tokens else ("", "")
        if token == "}" and outer:
            outer.pop()
            _skip_end(tokens)
        elif kind == "name" and follows == ("mark", ":") and len(tokens) > 1:
            tokens.pop(0)
            if tokens[0] == ("mark", "{"):  # `name: {` is `name {`
                tokens.pop(0)
                outer.append(token)
                continue
            fields[".".join([*outer, token])] = _value(*tokens.pop(0), path)
            _skip_end(tokens)
        elif kind == "name" and follows == ("mark", "{"):
            tokens.pop(0)
            outer.append(token)
        else:
            raise errors.UserError(f"{path} is not in text format near {token!r}.")
    if outer:
        raise errors.UserError(f"{path} ends inside `{outer[-1]}`; a }} is missing.")
    return fields


def _content(path: pathlib.Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise errors.UserError(f"{path} cannot be read: {error}.") from error


def _model(one: model_server_config_pb2.ModelConfig) -> ModelConfig:
    has_type = one.model_type != model_server_config_pb2.MODEL_TYPE_UNSPECIFIED
    if has_type and one.model_platform:
        raise status.invalid(
            f"Illegal setting both ModelServerConfig::model_type and ::model_platform."
            f" Model: {one.name}"
        )
    if not has_type and not one.model_platform:
        raise status.invalid(
            "Illegal setting neither ModelServerConfig::model_type nor "
            f"::model_platform. Model: {one.name}"
        )
    if one.model_platform and one.model_platform != PLATFORM:
        raise status.invalid(
            f"Model platform {one.model_platform!r} is not supported. Model: {one.name}"
        )
    path = pathlib.Path(one.base_path)
    if not path.is_absolute():
        raise status.invalid(
            f"Expected model {one.name} to have an absolute path or URI; got "
            f"base_path()={one.base_path}"
        )
    if not one.name:
        raise status.invalid("Model config has no name.")
    labels = tuple(sorted(one.version_labels.items()))
    return ModelConfig(one.name, path, _policy(one), labels)


def _policy(one: model_server_config_pb2.ModelConfig) -> versions.Policy:
    policy = one.model_version_policy
    choice = policy.WhichOneof("policy_choice")
    if choice == "all":
        return versions.Policy(is_all=True)
    if choice == "specific":
        if not policy.specific.versions:
            raise status.invalid(
                f"The specific policy of model {one.name} lists no versions."
            )
        return versions.Policy(specific=tuple(policy.specific.versions))
    # Zero stands for "not set".
    return versions.Policy(latest=policy.latest.num_versions or 1)


def _beside(model: ModelConfig, folder: pathlib.Path) -> ModelConfig:
    is_here = model.base_path.exists()
    if is_here or not model.base_path.is_relative_to(IMAGE_ROOT):
        return model
    near = folder.absolute() / model.base_path.relative_to(IMAGE_ROOT)
    is_inside = ".." not in near.parts and near.is_dir()
    return dataclasses.replace(model, base_path=near) if is_inside else model


def _tokens(content: str, path: pathlib.Path) -> list[tuple[str, str]]:
    tokens, place = [], 0
    while place < len(content):
        match = _TOKEN.match(content, place)
        if match is None:
            raise errors.UserError(
                f"{path} is not in text format near {content[place : place + 10]!r}."
            )
        place = match.end()
        if match.lastgroup:
            tokens.append((match.lastgroup, match[match.lastgroup]))
    return tokens


def _skip_end(tokens: list[tuple[str, str]]) -> None:
    """Skips the one comma or semicolon that may follow a field."""
    if tokens and tokens[0][0] == "end":
        tokens.pop(0)


def _value(kind: str, token: str, path: pathlib.Path) -> str | int | bool:
    if kind == "text":
        return text_format.text_encoding.CUnescape(token[1:-1]).decode()
    if kind == "number":
        return int(token)
    if token in ("true", "false"):
        return token == "true"
    raise errors.UserError(f"{path} is not in text format near {token!r}.")
