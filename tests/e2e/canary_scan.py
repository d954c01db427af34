"""Looks for words everywhere: in bytes as they lie there, and in what they open to."""

import base64
import binascii
import email
import email.policy
import gzip
import io
import re
import sqlite3
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from google.protobuf.message import Message
from sqlalchemy import Engine, select
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import History
from temporalio.client import Client

from connectors.codec import unseal
from connectors.errors import Gone
from connectors.ports.storage import KeyStore
from connectors.store.sessions import reading
from devstack.running import Running
from models.tables.catalogue import all_tables
from tests.e2e.canaries import as_json, personal_tables
from tests.unit.pdf_words import words as pdf_words

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")
_WORD = re.compile(rb"cnry[0-9a-f]{16}", re.IGNORECASE)
_DEEPEST = 4
Found = dict[str, set[str]]
"""The words that were found, by place."""


class Scan:
    """Everything that a stack holds, at one moment."""

    def __init__(self, here: Running) -> None:
        self._here = here

    async def everywhere(self) -> Found:
        """By place; each place is looked at in every form that it can be read in."""
        at, home = self._here.connections, self._here.stack.home
        found: defaultdict[str, set[str]] = defaultdict(set)
        for place, content in (
            *own_rows(at.engine),
            *files("own database, raw file", home.glob("farewell.db*")),
            *files("product, raw file", home.glob("product.db*")),
            *product_rows(home / "product.db"),
            *files("Temporal, raw file", (home / "temporal").glob("*")),
            *histories("Temporal histories, opened", home / "temporal" / "temporal.db", at.keys),
            *files("logs", (*home.glob("*.log*"), *home.glob("*/*.log*"))),
            *files("keys", (path for path in (home / "keys").rglob("*") if path.is_file())),
            *files("storage media", (path for path in (home / "s3").rglob("*") if path.is_file())),
            *files("settings", (home / "stack.json", home / "environment")),
            *mails(home / "mail"),
            *self._objects(),
        ):
            found[place] |= words_in(content)
        async for content in visibility(self._here.client):
            found["Temporal visibility"] |= words_in(content)
        return dict(found)

    def _objects(self) -> Iterator[tuple[str, bytes]]:
        client: Any = self._here.connections.objects._client
        for bucket in [each["Name"] for each in client.list_buckets()["Buckets"]]:
            yield f"bucket {bucket}", b""
            for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
                for marker in page.get("DeleteMarkers", []):
                    yield f"bucket {bucket}", marker["Key"].encode()
                for version in page.get("Versions", []):
                    about = {"Bucket": bucket, "Key": version["Key"], "VersionId": version["VersionId"]}
                    yield (
                        f"bucket {bucket}",
                        version["Key"].encode() + b"\n" + client.get_object(**about)["Body"].read(),
                    )


def own_rows(engine: Engine, of: str = "own database") -> Iterator[tuple[str, bytes]]:
    """Every row as it lies there, and as the application reads it with the keys of today."""
    with reading(engine) as session:
        for table in all_tables().sorted_tables:
            rows = session.connection().execute(select(table)).all()
            yield f"{of}, rows", as_json([tuple(row) for row in rows])
        for kind in personal_tables():
            for row in session.scalars(select(kind)):
                yield f"{of}, opened: {kind.__tablename__}", as_json(row.model_dump())


def product_rows(file: Path) -> Iterator[tuple[str, bytes]]:
    """By table."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            rows = connection.execute(f'SELECT * FROM "{table}"').fetchall()
            yield f"product, {table}", as_json(rows)


def files(place: str, paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    """Their bytes; the place is named even where there are none."""
    yield place, b""
    for path in paths:
        if path.is_file():
            yield place, path.name.encode() + b"\n" + path.read_bytes()


def mails(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Headers and parts, decoded."""
    yield "mails that left", b""
    for path in folder.glob("*.eml"):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for part in message.walk():
            content = part.get_payload(decode=True) or b""
            yield "mails that left", str(part.items()).encode() + b"\n" + bytes(content)


def histories(place: str, database: Path, keys: KeyStore) -> Iterator[tuple[str, bytes]]:
    """Every event of every workflow that the server keeps, each payload opened if its key stands."""
    yield place, b""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        for (data,) in connection.execute("SELECT data FROM history_node"):
            history = History.FromString(data)
            yield place, history.SerializeToString()
            for payload in payloads(history):
                yield place, opened(keys, payload)


def payloads(message: Message) -> Iterator[Payload]:
    """All that are somewhere in it."""
    if isinstance(message, Payload):
        yield message
        return
    for kind, value in message.ListFields():
        if kind.message_type is None:
            continue
        if kind.message_type.GetOptions().map_entry:
            parts = value.values()
        else:
            parts = [value] if isinstance(value, Message) else value
        for part in parts:
            if isinstance(part, Message):
                yield from payloads(part)


def opened(keys: KeyStore, payload: Payload) -> bytes:
    """Metadata and content; nothing once the key is gone."""
    try:
        return unseal(keys, payload).SerializeToString()
    except Gone:
        return b""


async def visibility(client: Client) -> Any:
    """What a list of workflows tells without any key."""
    async for found in client.list_workflows():
        described = await client.get_workflow_handle(found.id, run_id=found.run_id).describe()
        yield found.raw_info.SerializeToString() + described.raw_description.SerializeToString()


def words_in(content: bytes) -> set[str]:
    """The words in the bytes and in all that they unfold to."""
    return {word.decode().lower() for layer in layers(content) for word in _WORD.findall(layer)}


def layers(content: bytes, depth: int = 0) -> Iterator[bytes]:
    """The bytes, and what is packed in them: gzip, zip, deflate streams, base64, PDF."""
    yield content
    if depth >= _DEEPEST or not content:
        return
    for inner in (*_unzipped(content), *_of_base64(content)):
        yield from layers(inner, depth + 1)


def _unzipped(content: bytes) -> Iterator[bytes]:
    try:
        if content.startswith(b"\x1f\x8b"):
            yield gzip.decompress(content)
        elif content.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                yield from (packed.read(name) for name in packed.namelist())
        elif content.startswith(b"%PDF"):
            yield str(pdf_words(content)).encode()  # type: ignore[no-untyped-call]  # a test's helper
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, KeyError, ValueError):
        return
    head, found, body = content.partition(b"\n")
    if found and len(head) < 1_024 and body.startswith((b"\x1f\x8b", b"PK\x03\x04", b"%PDF")):
        yield from _unzipped(body)


def _of_base64(content: bytes) -> Iterator[bytes]:
    for run in _BASE64.findall(content):
        for start in range(4):  # a run may begin in the middle of something else
            part = run[start:].rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
            try:
                yield base64.b64decode(part + b"=" * (-len(part) % 4))
            except (binascii.Error, ValueError):
                continue


def table_of(looks: dict[str, Found], allowed: dict[str, str]) -> str:
    """For people: how many words each look found in each place, and why those of the second may be there."""
    places = sorted({place for found in looks.values() for place in found})
    width, second = max(map(len, places)), [*looks.values()][1]
    lines = ["  ".join([f"{'words found':{width}}", *(f"{name:>9}" for name in looks), "allowed then, for"])]
    for place in places:
        counts = [f"{len(found.get(place, ())):9}" for found in looks.values()]
        lines.append("  ".join([f"{place:{width}}", *counts, _why(place, allowed) if second.get(place) else ""]))
    return "\n".join(lines)


def _why(place: str, allowed: dict[str, str]) -> str:
    return next((why for start, why in allowed.items() if place.startswith(start)), "NOTHING ALLOWS IT")


def forbidden(found: Found, allowed: dict[str, str]) -> dict[str, int]:
    """Places that hold words and aren't among the allowed."""
    return {place: len(words) for place, words in found.items() if words and not place.startswith(tuple(allowed))}


def by_origin(words: Iterable[str], places: dict[str, str]) -> Counter[str]:
    """Where the words had been put: for a test that fails."""
    return Counter(places.get(word, "?") for word in words)
