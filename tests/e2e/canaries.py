"""Words that nobody else writes, one in every place where something personal of an account may stand."""

import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, LargeBinary, String, Table, select, update
from sqlmodel import SQLModel

from connectors.reach import reach
from connectors.store.sessions import writing
from devstack.company import schema
from devstack.company.opening import open_product
from devstack.running import Running
from models.inventory import DataSet
from models.tables.accounts import AccountRow, BlockingFactRow
from models.tables.catalogue import all_tables
from models.tables.identities import SharedAssetRow
from models.tables.personal import OfCustomer

AT_MOST = 12
"""Rows of a table that are marked."""
_CODES = {
    *("role", "status", "kind", "interval", "cron", "content_type", "bucket_key", "sha256", "timezone", "language"),
    *("key_sha256", "token_sha256", "secret_sha256"),
}
"""What the product writes by itself."""


@dataclass
class Canaries:
    """Each word, and where it was put."""

    places: dict[str, str] = field(default_factory=dict)

    def word(self, place: str, signs: str = "0123456789abcdef") -> str:
        """A new one; small letters and digits, so that it survives every form."""
        word = f"cnry{''.join(secrets.choice(signs) for _ in range(16))}"
        self.places[word] = place
        return word

    def phone(self, place: str) -> str:
        """A new one, before a number that can be called."""
        return f"{self.word(place, 'abcdef')} +34 600 111 222"

    def email(self, place: str) -> str:
        """A new one as an address."""
        return f"{self.word(place)}@canary.example"


_WRITTEN = {"email": Canaries.email, "phone": Canaries.phone}


def plant(here: Running, account: str) -> Canaries:
    """Marks all that is known of an account before it asks to leave: own database, product, bucket of files."""
    canaries = Canaries()
    _add_assets(here, account)
    mark_own(here, account, canaries)
    _mark_product(here, account, canaries)
    _add_file(here, account, canaries)
    return canaries


def mark_own(here: Running, account: str, canaries: Canaries, *kinds: type[OfCustomer]) -> None:
    """Every personal text of Farewell's own rows; of the tables given alone, if any are."""
    with writing(here.connections.engine) as session:
        for kind in kinds or personal_tables():
            for row in session.scalars(_rows_of(kind, account)):
                _mark(row, canaries)


def personal_tables() -> list[type[OfCustomer]]:
    """All that have something to seal."""
    all_tables()
    found = [mapper.class_ for mapper in SQLModel._sa_registry.mappers]
    return [kind for kind in found if issubclass(kind, OfCustomer)]


def add_blocking_fact(here: Running, account: str) -> None:
    """It would stop a plan, so it comes after the approval."""
    about = {"account": account, "code": "open_tickets", "text": "open", "fix": "close"}
    with writing(here.connections.engine) as session:
        session.add(BlockingFactRow(id=f"{account}-blocking-canary", **about))


def _rows_of(kind: type[Any], account: str) -> Any:
    if kind is AccountRow:
        return select(kind).where(kind.id == account)
    if hasattr(kind, "account"):
        return select(kind).where(kind.account == account).limit(AT_MOST)
    return select(kind).where(kind.case == f"{account}-1").limit(AT_MOST)


def _mark(row: OfCustomer, canaries: Canaries) -> None:
    for column in row.__personal__:
        if isinstance(getattr(row, column), str) or column in {"phone", "erase_clause"}:
            place = f"{row.__tablename__}.{column}"
            setattr(row, column, _WRITTEN.get(column, Canaries.word)(canaries, place))


def _add_assets(here: Running, account: str) -> None:
    """One that somebody takes over; one that nobody does, which becomes a task."""
    about = {"account": account, "kind": "dashboard", "label": "x", "owner": "u1"}
    with writing(here.connections.engine) as session:
        session.add(SharedAssetRow(id=f"{account}-asset-1", successor="u2", **about))
        session.add(SharedAssetRow(id=f"{account}-asset-2", **about))


def _mark_product(here: Running, account: str, canaries: Canaries) -> None:
    inventory = here.connections.inventory
    engine = open_product(here.connections.settings.product_database_url)
    with engine.begin() as connection:
        for data_set in inventory.data_sets:
            table = schema.metadata.tables[data_set.table]
            way = reach(inventory, data_set, account, data_set.key, dialect="sqlite")
            keys = connection.execute(way.select(*way.these(data_set.key)).limit(AT_MOST)).all()
            for key in keys:
                at = [table.c[name] == part for name, part in zip(data_set.key, key, strict=True)]
                before = connection.execute(select(table).where(*at)).mappings().one()
                marked = dict(_marked(table, data_set, before, canaries))
                if marked:
                    connection.execute(update(table).where(*at).values(marked))
    engine.dispose()


def _marked(table: Table, data_set: DataSet, before: Any, canaries: Canaries) -> Iterator[tuple[str, Any]]:
    for column in table.columns:
        place, value = f"product {data_set.name}.{column.name}", before[column.name]
        if not _is_free(column):
            continue
        if isinstance(column.type, LargeBinary):
            yield column.name, canaries.word(place).encode()
        elif isinstance(value, str) or (value is None and isinstance(column.type, String)):
            yield column.name, canaries.email(place) if column.name == "email" else canaries.word(place)
        elif isinstance(value, dict):
            yield column.name, {**value, "canary": canaries.word(place)}
        elif isinstance(value, list):
            yield column.name, [*value, canaries.word(place)]


def _is_free(column: Column[Any]) -> bool:
    return not (column.primary_key or column.foreign_keys or column.name in _CODES)


def _add_file(here: Running, account: str, canaries: Canaries) -> None:
    """An attachment that bears a word in its content, another in its name."""
    at = here.connections
    body = f"Informe\n{canaries.word('file')}\n".encode()
    key = f"accounts/{account}/attachments/{canaries.word('file name')}.txt"
    row = {
        "id": f"att_{account[4:]}_canary",
        "account_id": account,
        "bucket_key": key,
        "content_type": "text/plain; charset=utf-8",
        "size_bytes": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
        "uploaded_at": datetime.now(UTC),
    }
    engine = open_product(at.settings.product_database_url)
    with engine.begin() as connection:
        connection.execute(schema.attachment.insert().values(row))
    engine.dispose()
    client: Any = at.objects._client
    client.put_object(Bucket=at.settings.s3_files_bucket, Key=key, Body=body, ContentType=row["content_type"])


def as_json(value: Any) -> bytes:
    """Whatever a row holds, as bytes to look in."""
    return json.dumps(value, ensure_ascii=False, default=_plain).encode()


def _plain(value: Any) -> str:
    return bytes(value).decode("latin-1") if isinstance(value, (bytes, memoryview)) else str(value)
