"""What closing access and keeping it sealed cost: `python -m bench.access [--json]`."""

import asyncio
import base64
import json
import os
import platform
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlmodel import col, delete
from temporalio.api.common.v1 import Payload
from temporalio.converter import WorkflowSerializationContext

from bench.abba import Compared, compared
from bench.counting import actions_of
from bench.deprovisioning import ACCOUNT, LIMIT, Deprovisioned, an_account, deprovisioned
from connectors.codec import AccountCodec
from connectors.keys import FolderKeyStore
from connectors.ports.storage import KeyStore
from connectors.store.engine import migrate, open_engine
from connectors.store.sessions import writing
from models.tables.identities import UserRow

PAYLOADS, BYTES, ROWS = 2000, 1024, 2000
ONE_BY_ONE, IN_BULK = 600, 2000  # the test server looks through all it has at each change
VERY_MANY = 10_000


def main() -> None:
    """Prints a line a figure, or one object."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        keys = FolderKeyStore(folder / "keys", base64.b64encode(secrets.token_bytes(32)).decode())
        figures = [_codec(keys), _at_rest(folder, keys)]
        provisioned = [deprovisioned(ONE_BY_ONE, folder, bulk=False), deprovisioned(IN_BULK, folder, bulk=True)]
        few, many = asyncio.run(actions_of(folder / "home", VERY_MANY))
    lines = [
        *map(str, figures),
        *map(_told, provisioned),
        f"actions of an exit: {few} with its own users, {many} with {VERY_MANY:,}",
    ]
    report: dict[str, Any] = {
        "machine": f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}",
        "compared": [figure.as_dict() for figure in figures],
        "scim": [{**each._asdict(), "share": round(each.share, 3)} for each in provisioned],
        "actions": {"few": few, "many": many},
    }
    if "--json" in sys.argv[1:]:
        print(json.dumps(report))
        return
    print(report["machine"], *lines, sep="\n")


def _codec(keys: KeyStore) -> Compared:
    """A payload of 1 KiB sealed and opened, against AES-256-GCM alone on as many bytes."""
    codec = AccountCodec(keys).with_context(WorkflowSerializationContext("default", f"offboarding-{ACCOUNT}-1"))
    payload = Payload(metadata={"encoding": b"json/plain"}, data=secrets.token_bytes(BYTES))
    plain, cipher = payload.SerializeToString(), AESGCM(secrets.token_bytes(32))

    async def ours() -> None:
        for _ in range(PAYLOADS):
            await codec.decode(await codec.encode([payload]))

    def bare() -> None:
        for _ in range(PAYLOADS):
            nonce = secrets.token_bytes(12)
            cipher.decrypt(nonce, cipher.encrypt(nonce, plain, None), None)

    told = "a payload of 1 KiB sealed and opened, against bare AES-256-GCM"
    return compared(told, "µs", _each(PAYLOADS, lambda: asyncio.run(ours())), _each(PAYLOADS, bare))


def _at_rest(folder: Path, keys: KeyStore) -> Compared:
    """Users written with their names and addresses sealed, against written in clear."""
    sealed, clear = (_filling(folder / f"{name}.db", used) for name, used in (("sealed", keys), ("clear", None)))
    return compared("a user written sealed, against in clear", "µs", _each(ROWS, sealed), _each(ROWS, clear))


def _filling(file: Path, keys: KeyStore | None) -> Callable[[], None]:
    engine = open_engine(f"sqlite:///{file}", keys)
    migrate(engine)
    with writing(engine) as session:
        session.add(an_account(ACCOUNT))

    def fill() -> None:
        with writing(engine) as session:
            session.exec(delete(UserRow).where(col(UserRow.account) == ACCOUNT))
            session.add_all(
                UserRow(id=f"u{n:05}", account=ACCOUNT, name=f"Name {n}", email=f"user-{n}@example.com")
                for n in range(ROWS)
            )

    return fill


def _told(each: Deprovisioned) -> str:
    took = f"{each.calls} calls, {each.minutes:.1f} min with the waits, {each.seconds:.1f} s without"
    busy = f"{each.least} to {each.most} of {LIMIT} calls in a full minute, {each.share:.2f} of the limit"
    return f"{each.users:,} users over SCIM: {took}; {busy}"


def _each(count: int, work: Callable[[], object]) -> Callable[[], float]:
    """How many microseconds one of them takes."""

    def measured() -> float:
        began = time.perf_counter()
        work()
        return (time.perf_counter() - began) / count * 1e6

    return measured


if __name__ == "__main__":
    main()
