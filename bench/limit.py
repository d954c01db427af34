"""The formulas of an export: what bounds its time and its memory. Source: PERFORMANCE."""

import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from uuid import uuid4

from isal import isal_zlib

from bench.exporting import Exported
from connectors.s3 import S3ObjectStore
from connectors.s3_flight import IN_FLIGHT
from connectors.s3_parts import SIZES
from devstack.s3 import EXPORTS

_MIB = 1024 * 1024
_BLOCKS_MIB = 4  # gathered, handed on, packed, and the driver's own


def limits(csv: Path, copy_seconds: float, endpoint: str) -> dict[str, float]:
    """Seconds that each of the four would take alone, by name; the export takes at least the longest."""
    packed = csv.with_suffix(".gz")
    began = time.perf_counter()
    with packed.open("wb") as file:
        file.writelines(_packed(csv))
    packing = time.perf_counter() - began
    return {
        "COPY": copy_seconds,
        "hash and compression on all cores": packing / (os.cpu_count() or 1),
        "disk": _written(packed),
        "link": _uploaded(packed, endpoint),
    }


def memory_mib(run: Exported) -> float:
    """Base, parts in flight × part and one that fills, and the blocks between the database and the parts."""
    return run.idle_mib + (IN_FLIGHT + 1) * SIZES[0][1] / _MIB + _BLOCKS_MIB


def _packed(csv: Path) -> Iterator[bytes]:
    packing, digest = isal_zlib.compressobj(1, isal_zlib.DEFLATED, 31), hashlib.sha256()
    for block in _blocks(csv):
        piece = packing.compress(block)
        digest.update(piece)
        yield piece
    yield packing.flush()


def _blocks(file: Path) -> Iterable[bytes]:
    with file.open("rb") as opened:
        yield from iter(partial(opened.read, _MIB), b"")


def _written(packed: Path) -> float:
    began = time.perf_counter()
    with packed.with_suffix(".copy").open("wb") as file:
        file.writelines(_blocks(packed))
        os.fsync(file.fileno())
    return time.perf_counter() - began


def _uploaded(packed: Path, endpoint: str) -> float:
    objects = S3ObjectStore.connect(endpoint)
    objects.check(EXPORTS, locked=False)
    began = time.perf_counter()
    objects.upload(EXPORTS, f"bench-limit/{uuid4().hex}", _blocks(packed))
    return time.perf_counter() - began
