"""The command line of the local server: the production server's flags, or a refusal.

Every flag of the production server is either understood with its meaning, or refused in
one line that points to the official image. Three are ours: --host, --pick_ports and
--saved_models.
"""

import argparse
import pathlib

import grpc

from tfvideogan.core import command_line as doors
from tfvideogan.core import errors, later
from tfvideogan.serving import command_line

with later.imported():
    from tfvideogan.serving.local import counters, image, server
    from tfvideogan.serving.local.lifecycle import config

SAVED_MODELS = "saved_models"
DEFAULT_REST_PORT = 8501
# Flags of the production server that this one does not have.
UNSUPPORTED = (
    "enable_batching",
    "batching_parameters_file",
    "enable_per_model_batching_parameters",
    "rest_api_num_threads",
    "num_load_threads",
    "num_unload_threads",
    "tensorflow_session_parallelism",
    "tensorflow_intra_op_parallelism",
    "tensorflow_inter_op_parallelism",
    "tensorflow_session_config_file",
    "platform_config_file",
    "use_alts_credentials",
    "per_process_gpu_memory_fraction",
    "grpc_channel_arguments",
    "num_request_iterations_for_warmup",
    "prefer_tflite_model",
    "xla_cpu_compilation_enabled",
    "xla_gpu_compilation_enabled",
    "enable_profiler",
    "mixed_precision",
    "flush_filesystem_caches",
    "remove_unused_fields_from_bundle_metagraph",
    "skip_initialize_tpu",
)


class _Refuse(argparse.Action):
    def __call__(self, parser, namespace, values, option_string=None) -> None:
        parser.error(
            f"{option_string} is not supported by the local server; use the official "
            f"{image.IMAGE} image, which has it."
        )


def parser(description: str) -> argparse.ArgumentParser:
    """Makes the parser.

    Args:
      description: of the door, with commands to copy.
    """
    made = doors.parser(description)
    texts = (
        ("host", "127.0.0.1", "address to listen on (ours)"),
        ("grpc_socket_path", "", "a UNIX socket for gRPC, beside the port"),
        ("model_name", "default", "of the one model in --model_base_path"),
        ("model_base_path", "", "its folder, with a folder for each version"),
        ("model_config_file", "", "several models, as text; instead of the former two"),
        (
            "saved_models",
            SAVED_MODELS,
            "serve every model in it if none is named (ours)",
        ),
        ("monitoring_config_file", "", "switches the Prometheus page on"),
        ("ssl_config_file", "", "keys for gRPC, as text"),
        ("saved_model_tags", "serve", "of the meta graph, separated by commas"),
    )
    command_line.add_flags(made, str, "TEXT", texts)
    numbers = (
        ("port", 8500, "of gRPC; 0 for none"),
        ("rest_api_port", DEFAULT_REST_PORT, "of REST; 0 for none"),
        ("rest_api_timeout_in_ms", 30_000, "of a REST request"),
        ("grpc_max_threads", 0, "requests answered at once; 4 per core by default"),
        ("max_num_load_retries", 0, "of a version that does not load"),
        ("load_retry_interval_micros", 60_000_000, "between them"),
    )
    command_line.add_flags(made, _count, "N", numbers)
    intervals = (
        ("model_config_file_poll_wait_seconds", 0.0, "how often it is read; 0: once"),
        ("file_system_poll_wait_seconds", 1.0, "how often folders are read; 0: once"),
    )
    command_line.add_flags(made, float, "SECONDS", intervals)
    _add_switches(made)
    for name in UNSUPPORTED:
        made.add_argument(
            f"--{name}", nargs="?", action=_Refuse, help=argparse.SUPPRESS
        )
    return made


def _add_switches(made: argparse.ArgumentParser) -> None:
    switches = (
        ("pick_ports", False, "choose free ports and print them (ours)"),
        ("rest_api_enable_cors_support", False, "let other sites read REST answers"),
        ("enable_model_warmup", True, "replay an export's warm-up requests"),
        ("enable_signature_method_name_check", False, "Predict takes only its own"),
        (
            "enable_serialization_as_tensor_content",
            True,
            "answer with raw bytes; false is production's default, and slow for video",
        ),
        ("enable_grpc_healthcheck_service", False, "offer grpc.health.v1"),
        (
            "allow_version_labels_for_unavailable_models",
            False,
            "a new label may name a version that is not there yet",
        ),
    )
    for name, default, about in switches:
        made.add_argument(
            f"--{name}",
            type=_switch,
            nargs="?",
            const=True,
            default=default,
            metavar="true|false",
            help=about,
        )


def settings(options: argparse.Namespace) -> "server.Options":
    """Turns flags into settings; reads the files that they name.

    Raises:
      UserError: they contradict each other, or a file is not as it must be.
    """
    config_file = options.model_config_file and pathlib.Path(options.model_config_file)
    return server.Options(
        models=_models(options),
        host=options.host,
        port=options.port,
        rest_api_port=options.rest_api_port,
        pick_ports=options.pick_ports,
        grpc_socket_path=options.grpc_socket_path,
        model_config_file=config_file or None,
        model_config_file_poll_wait_seconds=options.model_config_file_poll_wait_seconds,
        file_system_poll_wait_seconds=options.file_system_poll_wait_seconds,
        rest_api_timeout_in_ms=options.rest_api_timeout_in_ms,
        rest_api_enable_cors_support=options.rest_api_enable_cors_support,
        enable_model_warmup=options.enable_model_warmup,
        max_num_load_retries=options.max_num_load_retries,
        load_retry_interval_micros=options.load_retry_interval_micros,
        saved_model_tags=tuple(options.saved_model_tags.split(",")),
        enable_signature_method_name_check=options.enable_signature_method_name_check,
        enable_serialization_as_tensor_content=(
            options.enable_serialization_as_tensor_content
        ),
        allow_version_labels_for_unavailable_models=(
            options.allow_version_labels_for_unavailable_models
        ),
        enable_grpc_healthcheck_service=options.enable_grpc_healthcheck_service,
        grpc_max_threads=options.grpc_max_threads,
        metrics_path=_metrics_path(options.monitoring_config_file),
        credentials=_credentials(options.ssl_config_file),
    )


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} must not be negative")
    return number


def _switch(text: str) -> bool:
    words = {"true": True, "1": True, "false": False, "0": False}
    if text.lower() not in words:
        raise argparse.ArgumentTypeError(f"{text!r} must be true or false")
    return words[text.lower()]


def _models(options: argparse.Namespace) -> "tuple[config.ModelConfig, ...]":
    if options.model_config_file:
        if options.model_base_path:
            raise errors.UserError(
                "--model_config_file and --model_base_path both say what to serve; "
                "give one."
            )
        return config.read_models(pathlib.Path(options.model_config_file))
    if options.model_base_path:
        path = pathlib.Path(options.model_base_path).absolute()
        if not path.is_dir():
            raise errors.UserError(
                f"--model_base_path={path} is no folder; it must hold a folder for each "
                "version, such as 1/."
            )
        return (config.ModelConfig(options.model_name, path),)
    return _found(pathlib.Path(options.saved_models).absolute())


def _found(folder: pathlib.Path) -> "tuple[config.ModelConfig, ...]":
    found = config.find_models(folder)
    if not found:
        raise errors.UserError(
            f"There is no model in {folder}; export one (python -m tfvideogan.export), "
            "or give --model_name and --model_base_path, or --model_config_file."
        )
    return found


def _metrics_path(file: str) -> str:
    if not file:
        return ""
    fields = config.read_fields(pathlib.Path(file))
    if fields.get("prometheus_config.enable") is not True:
        return ""
    return str(fields.get("prometheus_config.path") or counters.PATH)


def _credentials(file: str) -> grpc.ServerCredentials | None:
    if not file:
        return None
    fields = config.read_fields(pathlib.Path(file))
    for name in ("server_key", "server_cert"):
        if not fields.get(name):
            raise errors.UserError(f"{file} has no `{name}`; it must hold a PEM text.")
    has_client = fields.get("client_verify") is True
    authority = str(fields.get("custom_ca", "")).encode() or None
    if has_client and authority is None:
        raise errors.UserError(
            f"{file} asks for client_verify but has no `custom_ca` to verify with."
        )
    pair = (str(fields["server_key"]).encode(), str(fields["server_cert"]).encode())
    return grpc.ssl_server_credentials([pair], authority, has_client)
