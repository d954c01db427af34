"""The rows of the hard schema: each account's own, those of two, those of nobody, and the shared ones."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, update

from connectors.product_sql import named
from tests.contract.hard_tables import DOTS, ESCAPE, LINE, ODD, written_for

Row = dict[str, Any]
OURS, THEIRS, SUBSIDIARY = ACCOUNTS = "1", "2", "3"


def fill(connection: Connection) -> None:
    """Writes all rows into empty tables."""
    dialect = connection.dialect.name
    case = "" if dialect == "postgresql" else "_2"
    work = (_work_of(int(a), 100 * int(a), case) for a in ACCOUNTS)
    records = (_records_of(int(a), 100 * int(a)) for a in ACCOUNTS)
    for tables in (_shared_rows(), *work, *records, _rows_of_two(), _rows_of_nobody()):
        for table, rows in tables.items():
            _fill(connection, written_for(dialect, table), rows)
    for table, key, row in _pointers():
        _point(connection, table, key, row)


def _fill(connection: Connection, table: str, rows: list[Row]) -> None:
    for row in rows:
        connection.execute(insert(named(table, row)), row)


def _point(connection: Connection, table: str, key: str, row: Row) -> None:
    own = named(table, row)
    connection.execute(update(own).where(own.c[key] == row[key]).values(row))


def _shared_rows() -> dict[str, list[Row]]:
    return {
        "Account": [{"Id": int(a), "Name": f"account {a}", "parent": 1 if a == SUBSIDIARY else None} for a in ACCOUNTS],
        "category": [
            {"id": own, "parent_id": up, "name": f"c{own}"} for own, up in ((1, None), (2, 1), (3, 2), (4, 1))
        ],
        "country": [{"code": code} for code in ("ES", "FR", "XX")],
        "city": [{"id": own, "country": code} for own, code in ((1, "ES"), (2, "FR"), (3, "ES"), (4, "XX"))],
        "weather": [{"city_id": 1, "degrees": 20}, {"city_id": 4, "degrees": 5}],
    }


def _work_of(a: int, b: int, case: str) -> dict[str, list[Row]]:
    odd = {"Value": "V", f"value{case}": "v", "per cent %": "100%", "col.dot": ".", 'q"uote': '"', "select": None}
    return {
        "person": [{"id": b + n, "account_id": a, "city_id": 4 - n, **odd} for n in (1, 2)],
        "project": [
            {"id": b + n, "account_id": a, "code": f"p{a}-{n}", "category_id": 3 if n == 1 else None} for n in (1, 2)
        ],
        "project_person": [{"project_id": b + n, "person_id": b + m} for n in (1, 2) for m in (1, 2)],
        "task": [
            {"id": b + 1, "project_id": b + 1, "assignee_id": b + 1},
            {"id": b + 2, "project_id": b + 2, "assignee_id": None},
            {"id": b + 3, "project_id": None, "after_id": b + 2},
        ],
        "time_entry": [{"id": b + n, "task_id": b + task} for n, task in ((1, 1), (2, 1), (3, 3))],
        "comment": [{"id": b + n, "about_project": f"p{a}-1", "text": "hello"} for n in (1, 2)],
        "deal": [{"id": b, "seller_id": a, "buyer_id": None}],
        "treaty": [{"id": b, "first_id": a, "second_id": a}],
        ODD: [{"id": b + n, "person_id": b + n} for n in (1, 2)],
        ESCAPE: [{"../id": b + n, "in/out": b + n} for n in (1, 2)],
        DOTS: [{"a.id": b + n, "to.escape": b + n} for n in (1, 2)],
        LINE: [{"id\n": b + n, "dots": b + n} for n in (1, 2)],
        "log_mark": [
            *[{"person_id": b + 1, "project_id": b + 1, "mark": "x"}] * 2,
            {"person_id": b + 2, "project_id": None, "mark": "y"},
        ],
    }


def _records_of(a: int, b: int) -> dict[str, list[Row]]:
    return {
        "folder": [
            {"id": b + 1, "account_id": a, "parent_id": None},
            *({"id": b + n, "account_id": None, "parent_id": b + n - 1} for n in (2, 3, 4)),
            {"id": b + 5, "account_id": a, "parent_id": b + 1},
        ],
        "team": [{"id": b + 1, "account_id": a}, {"id": b + 2, "account_id": None}],
        "member": [{"id": b + n, "team_id": b + team, "code": "m"} for n, team in ((1, 1), (2, 1), (3, 2))],
        "doc": [{"id": b + n, "account_id": a, "current_id": b + 10 * n} for n in (1, 2)],
        "version": [{"doc_id": b + n, "id": b + own} for n, own in ((1, 10), (1, 11), (2, 20))],
        "crm.order": [{"shop": a, "no": no} for no in ("1", "2", "3/x")],
        '"Odd.Schema".LineItem': [
            {"shop": a, "order_no": no, "line": line} for no, line in (("1", 1), ("1", 2), ("2", 1))
        ],
        '"Odd.Schema".lineitem': [
            {"id": b + n, "shop": a, "order_no": no} for n, no in enumerate(("1", "2", None), start=1)
        ],
        "invoice": [{"account_id": a, "net": net} for net in (1, 2, 3)],
        "event": [{"id": b + n, "day": date(2025 + n // 3, 6, n), "account_id": a} for n in (1, 2, 3, 4)],
        "log_line": [{"account_id": a, "text": text} for text in ("same", "same", "same", None, None)],
    }


def _rows_of_two() -> dict[str, list[Row]]:
    return {
        "task": [
            {"id": 11, "project_id": 101, "assignee_id": 201, "after_id": None},
            {"id": 12, "project_id": None, "assignee_id": None, "after_id": 11},
            {"id": 13, "project_id": 101, "assignee_id": 301, "after_id": None},
        ],
        "time_entry": [{"id": 11, "task_id": 11}, {"id": 12, "task_id": 11}, {"id": 13, "task_id": 12}],
        "deal": [{"id": 11, "seller_id": 1, "buyer_id": 2}, {"id": 12, "seller_id": 3, "buyer_id": 1}],
        "treaty": [{"id": 11, "first_id": 1, "second_id": 2}],
        "log_mark": [{"person_id": 101, "project_id": 201, "mark": "both"}] * 2,
    }


def _rows_of_nobody() -> dict[str, list[Row]]:
    return {
        "comment": [{"id": 1, "about_project": "gone", "text": "x"}, {"id": 2, "about_project": None, "text": "y"}],
        "log_line": [{"account_id": None, "text": "nobody"}] * 2,
        "log_mark": [{"person_id": None, "project_id": None, "mark": "nobody"}],
        "folder": [{"id": 9, "account_id": None, "parent_id": None}, {"id": 8, "account_id": None, "parent_id": 9}],
        "task": [{"id": 9, "project_id": None, "assignee_id": None, "after_id": None}],
    }


def _pointers() -> Iterator[tuple[str, str, Row]]:
    """What can only be filled in once both rows of a circle are there."""
    yield "country", "code", {"code": "ES", "capital_id": 1}
    yield "country", "code", {"code": "FR", "capital_id": 2}
    yield "folder", "id", {"id": 9, "parent_id": 8}
    for account in ACCOUNTS:
        a, b = int(account), 100 * int(account)
        yield "Account", "Id", {"Id": a, "owner_id": b + 1}
        yield "team", "id", {"id": b + 1, "lead_id": b + 1}
        yield "team", "id", {"id": b + 2, "lead_id": b + 2}
