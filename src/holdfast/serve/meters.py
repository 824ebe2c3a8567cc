"""What a server counts, in the text form of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/)."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Any

from holdfast.serve.door import Rows

# Seconds; a row takes well under a millisecond.
BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_CELL = ("model", "version", "field")
FAMILIES = {
    "holdfast_requests_total": ("Requests answered.", ("route", "status")),
    "holdfast_errors_total": ("Requests refused or failed (status 400 and above).", ("route", "status")),
    "holdfast_rows_total": ("Rows scored.", ("model", "version")),
    "holdfast_unseen_total": ("Cells whose category training never saw.", _CELL),
    "holdfast_out_of_range_total": ("Cells outside the range of training.", _CELL),
    "holdfast_unreadable_total": ("Cells that could not be read, and were taken as missing.", _CELL),
    "holdfast_reloads_total": ("Attempts to load the models again.", ("outcome",)),
}
SECONDS = "holdfast_request_seconds"

# What a worker leaves for the others to add: counts by family and labels, and buckets by route.
Snapshot = Mapping[str, Any]


class Meters:
    """Counters of one process."""

    def __init__(self, start: Snapshot | None = None) -> None:
        """start: what a former process of this place had counted."""
        self._counts: dict[str, dict[tuple[str, ...], float]] = {name: {} for name in FAMILIES}
        self._seconds: dict[str, list[float]] = {}
        if start is not None:
            self.merge([start])

    def add(self, family: str, labels: tuple[str, ...], amount: float = 1) -> None:
        """Count something of FAMILIES."""
        counts = self._counts[family]
        counts[labels] = counts.get(labels, 0) + amount

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count one request and how long it took."""
        labels = (route, str(status))
        self.add("holdfast_requests_total", labels)
        if status >= 400:
            self.add("holdfast_errors_total", labels)
        times = self._seconds.get(route)
        if times is None:
            times = self._seconds[route] = [0.0] * (len(BUCKETS) + 2)
        times[bisect_left(BUCKETS, seconds)] += 1
        times[-1] += seconds

    def rows(self, name: str, version: str, rows: Rows) -> None:
        """Count scored rows and what was noticed in them."""
        self.add("holdfast_rows_total", (name, version), len(rows.numbers))
        if not (rows.unseen or rows.out_of_range or rows.unreadable):
            return
        noticed = (
            ("holdfast_unseen_total", rows.unseen),
            ("holdfast_out_of_range_total", rows.out_of_range),
            ("holdfast_unreadable_total", rows.unreadable),
        )
        for family, cells in noticed:
            for field, count in cells.items():
                self.add(family, (name, version, field), count)

    def snapshot(self) -> Snapshot:
        """Plain data for JSON."""
        counts = {name: [[*labels, value] for labels, value in each.items()] for name, each in self._counts.items()}
        return {"counts": counts, "seconds": self._seconds}

    def merge(self, snapshots: Iterable[Snapshot]) -> "Meters":
        """Add what other processes counted."""
        for snapshot in snapshots:
            for family, entries in snapshot["counts"].items():
                for *labels, value in entries:
                    self.add(family, tuple(labels), value)
            for route, times in snapshot["seconds"].items():
                own = self._seconds.get(route, [0.0] * len(times))
                self._seconds[route] = [a + b for a, b in zip(own, times, strict=True)]
        return self

    def render(self, models: Iterable[Mapping[str, str]], in_progress: int) -> bytes:
        """Write the page that Prometheus reads."""
        lines: list[str] = []
        for family, (words, names) in FAMILIES.items():
            lines += [f"# HELP {family} {words}", f"# TYPE {family} counter"]
            lines += [
                f"{family}{_labels(names, labels)} {value:.17g}" for labels, value in self._counts[family].items()
            ]
        lines += [f"# HELP {SECONDS} Time to answer.", f"# TYPE {SECONDS} histogram"]
        for route, times in self._seconds.items():
            total = 0.0
            for bound, count in zip((*map(str, BUCKETS), "+Inf"), times[:-1], strict=True):
                total += count
                lines.append(f"{SECONDS}_bucket{_labels(('route', 'le'), (route, bound))} {total:.17g}")
            lines.append(f"{SECONDS}_sum{_labels(('route',), (route,))} {times[-1]:.17g}")
            lines.append(f"{SECONDS}_count{_labels(('route',), (route,))} {total:.17g}")
        lines += [
            "# HELP holdfast_requests_in_progress Requests in progress.",
            "# TYPE holdfast_requests_in_progress gauge",
        ]
        lines.append(f"holdfast_requests_in_progress {in_progress}")
        lines += ["# HELP holdfast_model_info The models that are open.", "# TYPE holdfast_model_info gauge"]
        lines += [f"holdfast_model_info{_labels(tuple(each), tuple(each.values()))} 1" for each in models]
        return ("\n".join(lines) + "\n").encode()


def _labels(names: tuple[str, ...], values: tuple[str, ...]) -> str:
    pairs = ",".join(f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True))
    return f"{{{pairs}}}"


def _escaped(value: str) -> str:
    r"""Escape as the text form asks.

    >>> _escaped('a"b\\')
    'a\\"b\\\\'
    """
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
