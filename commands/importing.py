"""Reads a file of accounts and people, checks every record, and keeps all of them or none.

JSON: an object of lists, `people` `accounts` `contacts` `contracts` `users` `assets`. CSV: one record a line, its kind
in the column `record` (`account` where there is no such column); lists are separated by spaces.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import available_timezones

from babel.numbers import is_currency
from pydantic import ValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from commands.refused import Exit, Refused
from commands.returning import let_in, why_not_yet
from models.account import Contract
from models.tables.accounts import AccountRow, ContactRow, ContractRow, PersonRow
from models.tables.form import Row
from models.tables.identities import SharedAssetRow, UserRow
from models.vocabulary import Channel, PeriodEnd, Role
from rules.contract_faults import fault

# In the order in which they point at one another.
KINDS: dict[str, type[Row]] = {
    "people": PersonRow,
    "accounts": AccountRow,
    "contacts": ContactRow,
    "contracts": ContractRow,
    "users": UserRow,
    "assets": SharedAssetRow,
}
_SINGULAR = {
    "person": "people",
    "account": "accounts",
    "contact": "contacts",
    "contract": "contracts",
    "user": "users",
    "asset": "assets",
}
_LISTS = frozenset({"roles", "signatories"})
_NOT_TO_SET = frozenset(
    {"erased_at", "ended_at", "deactivated_by", "was_deactivated_by", "handed_by", "was_handed_by"}
)  # what exits write
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CONTACT = ({"main", "billing", "export"}.__contains__, "main, billing or export")
_ASSET = (lambda v: bool(re.fullmatch("[a-z][a-z_]{0,31}", v)), "a word in small letters, such as dashboard")


class Record(NamedTuple):
    """One record of the file, and the place where it stands."""

    kind: str
    place: str
    values: dict[str, Any]


def read_records(file: Path) -> list[Record]:
    """The records of a file, by kind in the order in which they point at one another.

    Raises:
        Refused: 2, it can't be read, or it's of another form.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
        records = _of_json(text) if file.suffix.lower() == ".json" else _of_csv(text)
    except OSError as error:
        raise Refused(Exit.USAGE, f"{file} can't be read: {error.strerror}") from None
    except (UnicodeDecodeError, ValueError, csv.Error) as error:
        raise Refused(Exit.USAGE, f"{file} can't be imported: {error}") from None
    order = list(KINDS)
    return sorted(records, key=lambda record: order.index(record.kind))


def upsert(engine: Engine, records: list[Record], *, dry_run: bool) -> tuple[dict[str, int], list[str]]:
    """Keeps all records in one transaction, unless one is refused or it's a dry run; counts and refusals.

    They are tried before that, under keys that nobody keeps: a file that is refused leaves nothing behind.
    """
    from connectors.store.sealer import rehearsing

    refusals = _written(rehearsing(engine), records, keep=False)
    if not refusals and not dry_run:
        let_in(engine, (record.values["id"] for record in records if record.kind == "accounts"))
        refusals = _written(engine, records, keep=True)
    return dict(Counter(record.kind for record in records)), refusals


def _written(engine: Engine, records: list[Record], *, keep: bool) -> list[str]:
    """Writes all in one transaction, which stays if none is refused and it's to be kept; the refusals."""
    from connectors.store.sessions import told

    refusals: list[str] = []
    with told(), Session(engine) as session:
        for record in records:
            refusal = _kept(session, record)
            if refusal:
                refusals.append(f"{record.place}: {refusal}")
        refusals += _astray(session, records)
        if keep and not refusals:
            session.commit()
        else:
            session.rollback()
    return refusals


def _of_json(text: str) -> list[Record]:
    content = json.loads(text)
    if not isinstance(content, dict) or not set(content) <= set(KINDS):
        raise ValueError(f"expected one object with the lists {', '.join(KINDS)}")
    records = []
    for kind, items in content.items():
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise ValueError(f"{kind} must be a list of objects")
        records += [Record(kind, f"{kind}[{n}]", item) for n, item in enumerate(items)]
    return records


def _of_csv(text: str) -> list[Record]:
    records = []
    reader = csv.DictReader(text.splitlines(), strict=True)
    for row in reader:
        place = f"line {reader.line_num}"
        if None in row:
            raise ValueError(f"{place} has more cells than the header")
        values = {name: value for name, value in row.items() if value}
        kind = _SINGULAR.get(values.pop("record", "account"))
        if kind is None:
            raise ValueError(f"{place}: the column record says none of {', '.join(_SINGULAR)}")
        records.append(Record(kind, place, _with_lists(values)))
    return records


def _with_lists(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.split() if name in _LISTS else value for name, value in values.items()}


def _kept(session: Session, record: Record) -> str | None:
    """Adds or updates the record in the open transaction; or why it's refused."""
    refusal = _refusal(record)
    if refusal:
        return refusal
    table = KINDS[record.kind]
    standing = session.get(table, record.values["id"])
    before = standing.model_dump() if standing else {}
    try:
        # In a transaction of its own, so that the next record is checked too.
        with session.begin_nested():
            whole = table.model_validate({**before, **record.values})
            wrong = why_not_yet(session, whole)
            session.merge(whole)
            if isinstance(whole, ContractRow):
                wrong = wrong or fault(Contract.model_validate(whole.model_dump()))
    except ValidationError as error:
        first = error.errors()[0]
        return f"{first['loc'][0] if first['loc'] else 'record'}: {first['msg'].lower()}"
    except IntegrityError:
        return "points at an account that isn't there"
    return wrong


def _astray(session: Session, records: list[Record]) -> list[str]:
    """The contracts of the file that are part of none that is there, or of themselves."""
    found = []
    for record in (each for each in records if each.kind == "contracts" and each.values.get("part_of")):
        passed, head = {record.values["id"]}, record.values["part_of"]
        while (row := session.get(ContractRow, head)) and row.part_of and head not in passed:
            passed.add(head)
            head = row.part_of
        if row is None or head in passed:
            why = f"there is no contract {head}" if row is None else "it would be part of itself"
            found.append(f"{record.place}: part_of: {why}")
    return found


def _refusal(record: Record) -> str | None:
    """What the table's own types don't see, or None."""
    values, fields = record.values, KINDS[record.kind].model_fields.keys() - _NOT_TO_SET
    unknown = sorted(set(values) - fields)
    if unknown:
        return f"{unknown[0]}: no such field; there are {', '.join(sorted(fields))}"
    if not _ID.fullmatch(str(values.get("id", ""))):
        return "id: expected letters, digits, _ and -, at most 64"
    return next((f"{name}: expected {expected}" for name, expected in _expected(record)), None)


def _expected(record: Record) -> list[tuple[str, str]]:
    """The fields that are of another form, and what is expected of them."""
    values = record.values
    rules: dict[str, tuple[Callable[[str], bool], str]] = {
        "country": (lambda v: bool(re.fullmatch("[A-Z]{2}", v)), "two capital letters (ISO 3166)"),
        "currency": (is_currency, "a currency of ISO 4217, such as EUR"),
        "timezone": (lambda v: v in available_timezones(), "an IANA time zone, such as Europe/Madrid"),
        "channel": (lambda v: v in set(Channel), f"one of {', '.join(Channel)}"),
        "email": (lambda v: "@" in v, "a mail address"),
        "notice_ends": (lambda v: v in set(PeriodEnd), f"one of {', '.join(PeriodEnd)}"),
        "kind": _ASSET if record.kind == "assets" else _CONTACT,
    }
    wrong = [(n, e) for n, (fits, e) in rules.items() if values.get(n) is not None and not fits(str(values[n]))]
    if "roles" in values and not set(values["roles"]) <= set(Role):
        wrong.append(("roles", f"only {', '.join(Role)}"))
    return wrong
