"""Loopback ports: free ones, remembered so that a restart keeps its addresses."""

import json
import random
import socket
from contextlib import ExitStack
from pathlib import Path

LOOPBACK = "127.0.0.1"
# Below the range from which Linux takes the ports of outgoing connections (32768), twins included.
CANDIDATES = range(20_000, 22_700)


def free_ports(count: int, twin: int = 0, promised: frozenset[int] = frozenset()) -> list[int]:
    """Distinct ports that are free now; with `twin`, port + twin is free too. None of those `promised` to others.

    Every port found stays bound until all are found, so that none comes twice.
    """
    found: list[int] = []
    candidates = [port for port in CANDIDATES if port not in promised]
    with ExitStack() as bound:
        for port in random.sample(candidates, len(candidates)):
            if len(found) == count:
                break
            if _bind(bound, port) and (not twin or _bind(bound, port + twin)):
                found.append(port)
    return found


def is_free(port: int, twin: int = 0) -> bool:
    """Whether a server could listen there now."""
    with ExitStack() as bound:
        return _bind(bound, port) and (not twin or _bind(bound, port + twin))


def remembered_ports(file: Path, server: str, names: tuple[str, ...], twin: int = 0) -> dict[str, int]:
    """The server's ports of last time, name → port; new ones for those that are missing or taken."""
    known: dict[str, dict[str, int]] = json.loads(file.read_text()) if file.exists() else {}
    before = known.get(server, {})
    kept = {name: before[name] for name in names if name in before and is_free(before[name], twin)}
    missing = [name for name in names if name not in kept]
    promised = frozenset(port for each in known.values() for port in each.values())  # who has one may listen later
    ports = kept | dict(zip(missing, free_ports(len(missing), twin, promised), strict=True))
    # Sorted and indented: it is also read by people who look for an address.
    file.write_text(json.dumps(known | {server: ports}, indent=2, sort_keys=True) + "\n")
    return ports


def _bind(bound: ExitStack, port: int) -> bool:
    probe = bound.enter_context(socket.socket())
    # Connections of the last run in TIME_WAIT don't keep a server from listening; another listener does.
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((LOOPBACK, port))
    except OSError:
        return False
    return True
