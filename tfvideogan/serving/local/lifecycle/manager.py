"""Which models and versions a server offers, and their coming and going.

Loading happens in whoever calls `apply` or `poll`; requests only look up a version and
count themselves in and out of it. So a version that loads for a minute delays no request,
and a version that goes is closed after its last request.

A version is unloaded only when a wanted one of the same model is available, or when none
is wanted any more: a new version that does not load leaves the old one in place.
"""

import contextlib
import dataclasses
import pathlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from absl import logging
from tensorflow_serving.apis import model_pb2

from tfvideogan.serving.local import status as local_status
from tfvideogan.serving.local.lifecycle import config as local_config
from tfvideogan.serving.local.lifecycle import servable as local_servable
from tfvideogan.serving.local.lifecycle import session, versions
from tfvideogan.serving.local.lifecycle.servable import Servable

# How often a wait looks whether there is anything to do.
PATIENCE = 0.05  # seconds
# Of what is served, in the answer to who asks for something else.
MOST_NAMED = 20


@dataclasses.dataclass(frozen=True)
class LoadOptions:
    """How versions are loaded.

    Attributes:
      tags: of the meta graph.
      warm_up: called with a loaded version before it becomes available; raises a
        RequestError if the version is not fit to serve.
      retries: further attempts after a failure.
      retry_interval: seconds between attempts.
      has_early_labels: whether a new label may name a version that is not available.
    """

    tags: tuple[str, ...] = ("serve",)
    warm_up: Callable[[Servable], None] | None = None
    retries: int = 0
    retry_interval: float = 60.0
    has_early_labels: bool = False


class Manager:
    """The models of a server."""

    def __init__(self, options: LoadOptions) -> None:
        """Starts with no model."""
        self._options = options
        self._configs: dict[str, local_config.ModelConfig] = {}
        self._labels: dict[str, dict[str, int]] = {}
        self._servables: dict[str, dict[int, Servable]] = {}
        self._wanted: dict[str, list[int]] = {}
        self._lock = threading.Condition()  # of the four above
        self._work = threading.Lock()  # one loads at a time
        self._told: set[str] = set()

    @contextlib.contextmanager
    def servable(self, spec: model_pb2.ModelSpec) -> Iterator[Servable]:
        """Yields the version that a request means; it stays loaded inside.

        Raises:
          status.RequestError: the name, label or version is not served.
        """
        with self._lock:
            found = self._find(spec)
            found.users += 1
        try:
            yield found
        finally:
            with self._lock:
                found.users -= 1
                self._lock.notify_all()

    def status(self, spec: model_pb2.ModelSpec) -> list[Servable]:
        """Returns copies of the versions that a ModelSpec means, newest first.

        A label means all versions, as in the production server.

        Raises:
          status.RequestError: the name or version is unknown.
        """
        has_version = spec.WhichOneof("version_choice") == "version"
        version = spec.version.value if has_version else None
        with self._lock:
            known = self._servables.get(spec.name, {})
            if not known:
                raise local_status.RequestError(
                    local_status.Code.NOT_FOUND,
                    f"Could not find any versions of model {spec.name}",
                )
            if version is not None and version not in known:
                raise local_status.RequestError(
                    local_status.Code.NOT_FOUND,
                    f"Could not find version {version} of model {spec.name}",
                )
            numbers = sorted(known, reverse=True) if version is None else [version]
            return [dataclasses.replace(known[number]) for number in numbers]

    def available(self) -> list[tuple[str, int]]:
        """Returns name and version of everything that answers, sorted."""
        with self._lock:
            return self._available()

    def _available(self) -> list[tuple[str, int]]:
        return sorted(
            (name, number)
            for name, known in self._servables.items()
            for number, one in known.items()
            if one.state == local_servable.AVAILABLE
        )

    def is_known(self, name: str) -> bool:
        """Whether a model of that name is or was served."""
        with self._lock:
            return name in self._servables

    def _find(self, spec: model_pb2.ModelSpec) -> Servable:
        version = self._version(spec)
        known = self._servables.get(spec.name, {})
        ready = [n for n, one in known.items() if one.state == local_servable.AVAILABLE]
        if version is None and ready:
            return known[max(ready)]
        if version in ready:
            return known[version]
        wanted = (
            f"Latest({spec.name})"
            if version is None
            else f"Specific({spec.name}, {version})"
        )
        served = [
            f"{name}:{number}"
            for name, number in self._available()
            if version is None or name == spec.name
        ]
        raise local_status.RequestError(
            local_status.Code.NOT_FOUND,
            f"Servable not found for request: {wanted}; served here: "
            f"{', '.join(served[:MOST_NAMED]) or 'nothing'}",
        )

    def _version(self, spec: model_pb2.ModelSpec) -> int | None:
        """Returns the version that a spec names, None for the latest."""
        if not spec.name:
            raise local_status.invalid("ModelSpec has no name specified.")
        choice = spec.WhichOneof("version_choice")
        if choice == "version_label":
            version = self._labels.get(spec.name, {}).get(spec.version_label)
            if version is None:
                raise local_status.invalid(
                    f"Unrecognized servable version label: {spec.version_label}"
                )
            return version
        return spec.version.value if choice == "version" else None

    def apply(self, models: Sequence[local_config.ModelConfig]) -> None:
        """Replaces the models; returns when the new ones are available or failed.

        Raises:
          status.RequestError: a version did not load (UNKNOWN), or a label names
            one that is not available (FAILED_PRECONDITION); the rest is in force.
        """
        with self._work:
            with self._lock:
                self._configs = {one.name: one for one in models}
                self._labels = {
                    name: labels
                    for name, labels in self._labels.items()
                    if name in self._configs
                }
            self._settle()
            failed = [
                one
                for name, known in self._servables.items()
                for one in known.values()
                if one.error is not None and one.version in self._wanted.get(name, ())
            ]
            self._assign_labels(models)
        if failed:
            reasons = ", ".join(
                f"{one.describe()} due to {one.error}" for one in failed
            )
            raise local_status.RequestError(
                local_status.Code.UNKNOWN,
                f"{len(failed)} servable(s)/model(s) did not become available: "
                f"{{{reasons}}}",
            )

    def poll(self) -> None:
        """Looks once at the version folders; loads and unloads what changed."""
        with self._work:
            self._reconcile()

    def cancel(self) -> None:
        """Cuts every run off; what is loaded answers nothing any more."""
        with self._lock:
            graphs = [
                one.graph
                for known in self._servables.values()
                for one in known.values()
                if one.graph
            ]
        for graph in graphs:
            graph.cancel()

    def close(self, grace: float) -> bool:
        """Unloads everything; returns whether that took less than so many seconds.

        A version that is being loaded, and runs, are waited for.
        """
        end = time.monotonic() + grace
        if not self._work.acquire(timeout=grace):
            return False
        try:
            with self._lock:
                self._configs = {}
            self._reconcile()
            with self._lock:
                return self._lock.wait_for(self._is_empty, end - time.monotonic())
        finally:
            self._work.release()

    def _is_empty(self) -> bool:
        return not any(
            one.graph for known in self._servables.values() for one in known.values()
        )

    def _settle(self) -> None:
        """Reconciles until nothing is on its way."""
        while self._reconcile():
            time.sleep(PATIENCE)

    def _reconcile(self) -> bool:
        """Takes every model one step towards what is wanted; True if some are pending."""
        with self._lock:
            names = sorted(set(self._configs) | set(self._servables))
        pending = [self._reconcile_model(name) for name in names]
        return any(pending)

    def _reconcile_model(self, name: str) -> bool:
        config = self._configs.get(name)
        found = self._versions_of(config) if config else {}
        if found is None:
            return False
        wanted = config.policy.choose(found) if config else []
        is_waiting = False
        for number in wanted:
            one = self._known(name, number, found[number])
            if one.is_due():
                if versions.is_settled(one.folder):
                    self._load(one)
                else:
                    is_waiting = True
            is_waiting = is_waiting or one.is_pending
        with self._lock:
            self._wanted[name] = wanted
            ready = [
                one
                for one in self._servables.get(name, {}).values()
                if one.state == local_servable.AVAILABLE
            ]
            is_safe = not wanted or any(one.version in wanted for one in ready)
            leaving = [one for one in ready if is_safe and one.version not in wanted]
            self._forget_failures(name, wanted)
            for one in leaving:
                one.state = local_servable.UNLOADING
        for one in leaving:
            threading.Thread(target=self._unload, args=(one,), daemon=True).start()
        return is_waiting

    def _versions_of(
        self, config: local_config.ModelConfig
    ) -> dict[int, pathlib.Path] | None:
        """Returns the version folders; None, logged once, where nothing can be said."""
        found = versions.find(config.base_path)
        if found:
            self._told.discard(config.name)
        elif config.name not in self._told:
            self._told.add(config.name)
            if found is None:
                text = "Could not find base path %s for servable %s"
                logging.warning(text, config.base_path, config.name)
            else:
                text = "No versions of servable %s found under base path %s"
                logging.warning(text, config.name, config.base_path)
        return found

    def _known(self, name: str, number: int, folder: pathlib.Path) -> Servable:
        """Returns the record of a version, a new one if it had gone."""
        with self._lock:
            known = self._servables.setdefault(name, {})
            one = known.get(number)
            has_gone = one is not None and (
                one.state == local_servable.UNLOADING
                or (one.state == local_servable.END and one.error is None)
            )
            if one is None or has_gone or one.folder != folder:
                is_serving = one is not None and one.state == local_servable.AVAILABLE
                if not is_serving:
                    one = Servable(name, number, folder, self._options.retries)
                    known[number] = one
            return one

    def _forget_failures(self, name: str, wanted: Sequence[int]) -> None:
        """Ends what is no longer wanted and never became available."""
        for one in self._servables.get(name, {}).values():
            if one.is_pending and one.version not in wanted:
                one.state = local_servable.END

    def _load(self, one: Servable) -> None:
        logging.info("Loading %s from %s", one.describe(), one.folder)
        with self._lock:
            one.state, one.error = local_servable.LOADING, None
        one.fingerprint = versions.fingerprint(one.folder)
        try:
            one.graph = session.LoadedGraph(one.folder, tags=self._options.tags)
            if self._options.warm_up:
                self._options.warm_up(one)
        except local_status.RequestError as error:
            self._fail(one, error)
            return
        with self._lock:
            one.state = local_servable.AVAILABLE
        logging.info("Available: %s", one.describe())

    def _fail(self, one: Servable, error: local_status.RequestError) -> None:
        logging.error("Loading %s failed: %s", one.describe(), error)
        if one.graph:
            one.graph.close()
        with self._lock:
            one.graph = None
            if one.retries > 0:
                one.retries -= 1
                one.next_attempt = time.monotonic() + self._options.retry_interval
            else:
                one.error, one.state = error, local_servable.END

    def _unload(self, one: Servable) -> None:
        with self._lock:
            self._lock.wait_for(lambda: one.users == 0)
        if one.graph:
            one.graph.close()
        with self._lock:
            one.graph, one.state = None, local_servable.END
            self._lock.notify_all()
        logging.info("Unloaded %s", one.describe())

    def _assign_labels(self, models: Sequence[local_config.ModelConfig]) -> None:
        with self._lock:
            for model in models:
                known = self._servables.get(model.name, {})
                old = self._labels.get(model.name, {})
                for label, version in model.labels:
                    one = known.get(version)
                    is_ready = one and one.state == local_servable.AVAILABLE
                    is_early = self._options.has_early_labels and label not in old
                    if not is_ready and not is_early:
                        raise local_status.RequestError(
                            local_status.Code.FAILED_PRECONDITION,
                            f"Request to assign label to version {version} of model "
                            f"{model.name}, which is not currently available for "
                            "inference",
                        )
                self._labels[model.name] = dict(model.labels)
