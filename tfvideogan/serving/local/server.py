"""The local server: models, gRPC and REST in one process, for laptops and tests.

Production is the official `tensorflow/serving` image; this is a stand-in that answers in
the same words (tests/serving/local/conformance runs against both). What it leaves out
is refused by `python -m tfvideogan.serve`.

    server = local_server.LocalServer(local_server.Options(models=models))
    server.start()
    ...
    server.stop()
"""

import concurrent.futures
import dataclasses
import os
import pathlib
import threading
import time
from collections.abc import Callable

import grpc
from absl import logging

from tfvideogan.core import errors
from tfvideogan.serving.local import (
    counters,
    grpc_frontend,
    health,
    http_server,
    rest_frontend,
    service,
    status,
)
from tfvideogan.serving.local.lifecycle import config, manager, warmup

THREADS_PER_CORE = 4
# What running requests are given when the server stops, and then their answers, seconds.
GRACE, ANSWERING = 5.0, 1.0


@dataclasses.dataclass(frozen=True)
class Options:
    """The settings of a server, named as the production server's flags.

    Attributes:
      models: what to serve at first.
      host: address to listen on.
      port: of gRPC; 0 for none.
      rest_api_port: of REST; 0 for none.
      pick_ports: choose free ports instead.
      grpc_socket_path: of a UNIX socket for gRPC; empty for none.
      model_config_file: read again while serving.
      model_config_file_poll_wait_seconds: how often; 0 for never.
      file_system_poll_wait_seconds: how often version folders are looked at; 0 for once.
      rest_api_timeout_in_ms: of a REST request.
      rest_api_enable_cors_support: let pages of other sites read REST answers.
      enable_model_warmup: replay the warm-up requests of an export.
      max_num_load_retries: of a version that does not load.
      load_retry_interval_micros: between them.
      saved_model_tags: of the meta graph.
      enable_signature_method_name_check: see `predict.predict`.
      enable_serialization_as_tensor_content: answer with raw bytes, the cheapest form;
        the production server's default is off.
      allow_version_labels_for_unavailable_models: see `manager.LoadOptions`.
      enable_grpc_healthcheck_service: offer grpc.health.v1.
      grpc_max_threads: how many requests are answered at once.
      metrics_path: of the Prometheus page; empty for none.
      credentials: of TLS; None for plain gRPC.
    """

    models: tuple[config.ModelConfig, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8500
    rest_api_port: int = 0
    pick_ports: bool = False
    grpc_socket_path: str = ""
    model_config_file: pathlib.Path | None = None
    model_config_file_poll_wait_seconds: float = 0.0
    file_system_poll_wait_seconds: float = 1.0
    rest_api_timeout_in_ms: int = 30_000
    rest_api_enable_cors_support: bool = False
    enable_model_warmup: bool = True
    max_num_load_retries: int = 0
    load_retry_interval_micros: int = 60_000_000
    saved_model_tags: tuple[str, ...] = ("serve",)
    enable_signature_method_name_check: bool = False
    enable_serialization_as_tensor_content: bool = True
    allow_version_labels_for_unavailable_models: bool = False
    enable_grpc_healthcheck_service: bool = False
    grpc_max_threads: int = 0
    metrics_path: str = ""
    credentials: grpc.ServerCredentials | None = None


class LocalServer:
    """A server that is made, started and stopped once.

    Attributes:
      grpc_address: host:port, once started; empty without gRPC.
      rest_address: likewise, of REST.
    """

    def __init__(self, options: Options) -> None:
        """Stores the settings; nothing is loaded or opened."""
        self.grpc_address = ""
        self.rest_address = ""
        self._options = options
        warm_up = warmup.replay if options.enable_model_warmup else None
        self._manager = manager.Manager(
            manager.LoadOptions(
                tags=options.saved_model_tags,
                warm_up=warm_up,
                retries=options.max_num_load_retries,
                retry_interval=options.load_retry_interval_micros / 1e6,
                has_early_labels=options.allow_version_labels_for_unavailable_models,
            )
        )
        self._service = service.Service(
            self._manager,
            counters.Counters(),
            has_method_check=options.enable_signature_method_name_check,
            has_raw_answers=options.enable_serialization_as_tensor_content,
        )
        self._health = health.Health()
        self._rest: http_server.HttpServer | None = None
        self._grpc: grpc.Server | None = None
        self._is_stopping = threading.Event()
        self._applied = options.models

    def start(self) -> None:
        """Loads the models, then opens the ports, then watches for changes.

        Raises:
          UserError: a model does not load, or a port cannot be opened.
        """
        try:
            self._manager.apply(self._options.models)
        except status.RequestError as error:
            self._manager.close(0)
            raise errors.UserError(f"{error.message}") from error
        self._grpc = self._open_grpc()
        if self._options.rest_api_port or self._options.pick_ports:
            self._rest = self._open_rest()
        self._grpc.start()
        options = self._options
        self._watch(options.file_system_poll_wait_seconds, self._manager.poll)
        if options.model_config_file:
            self._watch(options.model_config_file_poll_wait_seconds, self._reread)

    def ready_line(self) -> str:
        """Returns one line for machines: addresses and what is available."""
        models = ",".join(f"{name}:{n}" for name, n in self._manager.available())
        return (
            f"READY grpc={self.grpc_address} rest={self.rest_address} models={models}"
        )

    def stop(self, grace: float = GRACE) -> bool:
        """Closes both doors, lets running requests end, unloads.

        New requests are refused at once. Those that run get `grace` to end; then their
        runs are cut off, and they are answered UNAVAILABLE, or 503.

        Args:
          grace: seconds.

        Returns:
          Whether everything has ended. An operation that cannot be cut off may go on in
          its thread.
        """
        end = time.monotonic() + grace
        admission = self._service.admission
        admission.close()
        self._is_stopping.set()
        self._health.stop()
        if self._rest:
            self._rest.close()
        is_done = admission.wait(grace)
        if not is_done:
            logging.warning("Requests that run after %g s are cut off", grace)
        admission.end()
        if not is_done:
            self._manager.cancel()
            is_done = admission.wait(ANSWERING)
        if self._grpc:
            # Not before: gRPC would answer CANCELLED to what is on its way.
            is_done = self._grpc.stop(ANSWERING).wait(2 * ANSWERING) and is_done
        if self._rest:
            self._rest.stop()
        left = max(end - time.monotonic(), ANSWERING)
        return self._manager.close(left if is_done else 0.0) and is_done

    def _open_grpc(self) -> grpc.Server:
        options = self._options
        threads = options.grpc_max_threads or THREADS_PER_CORE * (os.cpu_count() or 1)
        server = grpc.server(
            concurrent.futures.ThreadPoolExecutor(threads, "grpc"),
            options=grpc_frontend.OPTIONS,
            handlers=grpc_frontend.handlers(
                self._service,
                self._health if options.enable_grpc_healthcheck_service else None,
            ),
        )
        if options.port or options.pick_ports:
            wanted = f"{options.host}:{0 if options.pick_ports else options.port}"
            port = self._bind(server, wanted)
            self.grpc_address = f"{options.host}:{port}"
        if options.grpc_socket_path:
            self._bind(server, f"unix:{options.grpc_socket_path}")
        return server

    def _bind(self, server: grpc.Server, address: str) -> int:
        try:
            if self._options.credentials:
                return server.add_secure_port(address, self._options.credentials)
            return server.add_insecure_port(address)
        except RuntimeError as error:
            raise errors.UserError(
                f"gRPC cannot listen on {address}: {error}. Is another server running? "
                "Choose another --port, or --pick_ports."
            ) from error

    def _open_rest(self) -> http_server.HttpServer:
        options = self._options
        port = 0 if options.pick_ports else options.rest_api_port
        answers = rest_frontend.Answers(
            self._service,
            timeout=options.rest_api_timeout_in_ms / 1000,
            metrics_path=options.metrics_path,
            has_cors=options.rest_api_enable_cors_support,
        )
        try:
            server = http_server.HttpServer(
                (options.host, port), answers, self._service.admission
            )
        except OSError as error:
            raise errors.UserError(
                f"REST cannot listen on {options.host}:{port}: {error.strerror}. Choose "
                "another --rest_api_port, or --pick_ports."
            ) from error
        self.rest_address = f"{options.host}:{server.port}"
        server.start()
        return server

    def _watch(self, interval: float, look: Callable[[], None]) -> None:
        if interval <= 0:
            return

        def work() -> None:
            while not self._is_stopping.wait(interval):
                try:
                    look()
                except (errors.UserError, status.RequestError) as error:
                    logging.error("%s", error)
                except OSError as error:
                    logging.error("The file system cannot be looked at: %s", error)

        threading.Thread(target=work, daemon=True).start()

    def _reread(self) -> None:
        """Applies the configuration file again if it says something else."""
        models = config.read_models(self._options.model_config_file)
        if models != self._applied:
            self._applied = models
            self._manager.apply(models)
