"""Counts and times requests, and writes them as Prometheus text.

Names and labels are the production server's, where `/` becomes `:`.
"""

import bisect
import collections
import threading

REQUESTS = ":tensorflow:serving:request_count"
REQUEST_TIME = ":tensorflow:serving:request_latency"
RUN_TIME = ":tensorflow:serving:runtime_latency"
PATH = "/monitoring/prometheus/metrics"
# Upper bounds in microseconds: 10, growing by 1.8, to half a minute, as in production.
BOUNDS = tuple(10 * 1.8**power for power in range(33))

Labels = tuple[tuple[str, str], ...]


class Counters:
    """The counters of one server; safe in many threads."""

    def __init__(self) -> None:
        """Starts at zero."""
        self._lock = threading.Lock()
        self._counts: collections.Counter[Labels] = collections.Counter()
        self._times: dict[tuple[str, Labels], _Histogram] = {}

    def count(self, model: str, status: str) -> None:
        """Counts one request, by model and by the name of its status."""
        with self._lock:
            self._counts[(("model_name", model), ("status", status))] += 1

    def time(self, name: str, seconds: float, labels: Labels) -> None:
        """Adds a duration to one of the two histograms."""
        with self._lock:
            self._times.setdefault((name, labels), _Histogram()).add(seconds * 1e6)

    def text(self) -> str:
        """Returns everything in Prometheus' text format."""
        with self._lock:
            lines = [f"# TYPE {REQUESTS} counter"]
            for labels, count in sorted(self._counts.items()):
                lines.append(f"{REQUESTS}{_braces(labels)} {count}")
            described = set()
            for (name, labels), histogram in sorted(self._times.items()):
                if name not in described:
                    described.add(name)
                    lines.append(f"# TYPE {name} histogram")
                lines.extend(histogram.lines(name, labels))
        return "\n".join(lines) + "\n"


class _Histogram:
    """Durations in microseconds, by upper bound."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self._sum = 0.0

    def add(self, value: float) -> None:
        self._counts[bisect.bisect_left(BOUNDS, value)] += 1
        self._sum += value

    def lines(self, name: str, labels: Labels) -> list[str]:
        found, total = [], 0
        bounds = [f"{bound:.6g}" for bound in BOUNDS] + ["+Inf"]
        for bound, count in zip(bounds, self._counts, strict=True):
            total += count
            found.append(f"{name}_bucket{_braces((*labels, ('le', bound)))} {total}")
        found.append(f"{name}_sum{_braces(labels)} {self._sum:.6g}")
        found.append(f"{name}_count{_braces(labels)} {total}")
        return found


def _braces(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{_escaped(text)}"' for name, text in labels) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
