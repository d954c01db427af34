"""What an export costs, beside what others would do: `python -m bench.export [--json] [--rows N]`."""

import argparse
import asyncio
import json
import os
import platform
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.abba import Compared, in_turns
from bench.anchors import Anchors
from bench.exporting import Asked, Exported, exported
from bench.limit import limits, memory_mib
from bench.resending import resent
from bench.usage import Source, build, grow
from devstack.ports import LOOPBACK, remembered_ports
from devstack.postgres import running_postgres
from devstack.processes import Child, wait_until_healthy
from devstack.s3 import ObjectStorage

ROWS, TIMES = 1_000_000, 10
_MIB = 1024 * 1024


def main() -> None:
    """Prints a line a figure, or one object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one line with all figures")
    parser.add_argument("--rows", type=int, default=ROWS, help="of the account in each table, at least 53,000")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, running_postgres() as postgres, _storage(Path(home)) as port:
        report = Bench(build(postgres, asked.rows), asked.rows, port, Path(home)).report()
    print(json.dumps(report) if asked.json else "\n".join([report["machine"], *report["lines"]]))


class Bench:
    """One run on servers of its own; S3 listens on `port`."""

    def __init__(self, sources: tuple[Source, Source], rows: int, port: int, folder: Path) -> None:
        self._usage, self._noise = sources
        self._rows, self._port, self._folder = rows, port, folder
        self._endpoint = f"http://{LOOPBACK}:{port}"
        self._runs: list[Exported] = []

    def report(self) -> dict[str, Any]:
        """Every figure by the key that programs read, and as a line for people."""
        anchors, others = self._anchors(self._usage), self._anchors(self._noise)
        usage, one = self._against(self._usage, anchors.all())
        bounds = limits(anchors.csv, self._rows / usage["copy"].anchor[0], self._endpoint)
        noise, two = self._against(self._noise, {"copy": others.copy})
        again = resent(self._asked(self._noise), self._port, two.size_bytes)
        grow(self._usage, self._rows * TIMES)
        ten = self._export(self._usage)
        longest = max(bounds, key=bounds.__getitem__)
        peak = max(run.peak_mib for run in self._runs)
        figures = {f"ratio_{name}": round(figure.ratio, 2) for name, figure in usage.items()} | {
            "ratio_copy_random": round(noise["copy"].ratio, 2),
            "memory_ratio_10x": round(ten.peak_mib / one.peak_mib, 3),
            "peak_mib": peak,
            "resent_ratio": round(again.ratio, 3),
            "share_of_limit": round(bounds[longest] / one.seconds, 2),
        }
        lines = [
            *map(str, [*usage.values(), *noise.values()]),
            *(f"{what}: {_told(run)}" for what, run in (("usage", one), ("random", two), (f"{TIMES} × usage", ten))),
            str(again),
            f"time ≥ max({', '.join(f'{name} {seconds:.2f} s' for name, seconds in bounds.items())})",
            f"{longest} bounds it, {one.seconds:.2f} s taken: {figures['share_of_limit']:.0%} of the limit reached",
            f"memory ≤ idle + parts in flight × part = {memory_mib(ten):.0f} MiB, {ten.peak_mib:.0f} MiB taken",
        ]
        machine = (
            f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, {self._rows:,} rows"
        )
        compared = [figure.as_dict() for figure in (*usage.values(), *noise.values())]
        return figures | {"machine": machine, "compared": compared, "limits": bounds, "lines": lines}

    def _against(
        self, source: Source, anchors: Mapping[str, Callable[[], float]]
    ) -> tuple[dict[str, Compared], Exported]:
        """Ours and the anchors in turns, and the middle one of ours; the first of all only warms up."""
        self._export(source)
        before = len(self._runs)
        found = in_turns({**anchors, "ours": lambda: self._export(source).rate})
        ours = sorted(self._runs[before:], key=lambda run: run.seconds)
        name = source.data_set.name
        told = {each: Compared(f"{name} against {each}", "rows/s", found["ours"], found[each]) for each in anchors}
        return told, ours[len(ours) // 2]

    def _export(self, source: Source) -> Exported:
        self._runs.append(exported(self._asked(source)))
        return self._runs[-1]

    def _asked(self, source: Source) -> Asked:
        return Asked.of(source, self._endpoint)

    def _anchors(self, source: Source) -> Anchors:
        return Anchors(source, self._folder, self._endpoint, self._rows)


def _told(run: Exported) -> str:
    return (
        f"{run.seconds:.2f} s, {run.cpu_seconds:.2f} s of processor, {run.size_bytes / _MIB:.1f} MiB uploaded,"
        f" peak {run.peak_mib:.0f} MiB (idle {run.idle_mib:.0f}); read back in {run.read_back_seconds:.2f} s"
    )


@contextmanager
def _storage(home: Path) -> Iterator[int]:
    """S3 alone, for this process and its children, while the block runs; its port."""
    ports = remembered_ports(home / "ports.json", ObjectStorage.name, ObjectStorage.port_names, ObjectStorage.port_twin)
    server = ObjectStorage(home, ports)
    with Child(server.name, server.command(), home / server.name) as child:
        asyncio.run(wait_until_healthy(child, server.probe, server.not_yet))
        os.environ.update(server.settings())
        yield ports["s3"]


if __name__ == "__main__":
    main()
