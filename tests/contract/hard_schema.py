"""A product's schema with every hard case that we could think of, with the rows of three accounts and its inventory.

Account 1 leaves, 2 stays, 3 is a subsidiary of 1: another customer. SQLite has neither schemas nor partitions, and no
two names that differ by case alone: there it does without.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection, Engine, insert, update

from connectors.product_sql import named
from models.inventory import Inventory

Row = dict[str, Any]
OURS, THEIRS, SUBSIDIARY = ACCOUNTS = "1", "2", "3"

SCHEMA = """
CREATE SCHEMA crm;
CREATE SCHEMA "Odd.Schema";
CREATE TABLE "Account" (
  "Id" INTEGER PRIMARY KEY, "Name" TEXT NOT NULL, parent INTEGER REFERENCES "Account" ("Id"), owner_id INTEGER);
CREATE TABLE category (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES category (id), name TEXT);
CREATE TABLE country (code TEXT PRIMARY KEY, capital_id INTEGER);
CREATE TABLE city (id INTEGER PRIMARY KEY, country TEXT NOT NULL REFERENCES country (code));
CREATE TABLE weather (city_id INTEGER REFERENCES city (id), degrees INTEGER);
CREATE TABLE person (
  id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES "Account" ("Id"), city_id INTEGER REFERENCES city (id),
  "Value" TEXT, "value@case@" TEXT, "per cent %" TEXT, "col.dot" TEXT, "q""uote" TEXT, "select" TEXT);
CREATE TABLE project (
  id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES "Account" ("Id"), code TEXT,
  category_id INTEGER REFERENCES category (id));
CREATE TABLE project_person (
  project_id INTEGER NOT NULL REFERENCES project (id), person_id INTEGER NOT NULL REFERENCES person (id),
  PRIMARY KEY (project_id, person_id));
CREATE TABLE task (
  id INTEGER PRIMARY KEY, project_id INTEGER REFERENCES project (id), assignee_id INTEGER REFERENCES person (id),
  after_id INTEGER REFERENCES task (id));
CREATE TABLE time_entry (id INTEGER PRIMARY KEY, task_id INTEGER NOT NULL REFERENCES task (id) ON DELETE CASCADE);
CREATE TABLE comment (id INTEGER PRIMARY KEY, about_project TEXT, text TEXT);
CREATE TABLE deal (
  id INTEGER PRIMARY KEY, seller_id INTEGER NOT NULL REFERENCES "Account" ("Id"),
  buyer_id INTEGER REFERENCES "Account" ("Id"));
CREATE TABLE treaty (
  id INTEGER PRIMARY KEY, first_id INTEGER NOT NULL REFERENCES "Account" ("Id"),
  second_id INTEGER NOT NULL REFERENCES "Account" ("Id"));
CREATE TABLE folder (
  id INTEGER PRIMARY KEY, account_id INTEGER REFERENCES "Account" ("Id"), parent_id INTEGER REFERENCES folder (id));
CREATE TABLE team (id INTEGER PRIMARY KEY, account_id INTEGER REFERENCES "Account" ("Id"), lead_id INTEGER);
CREATE TABLE member (id INTEGER PRIMARY KEY, team_id INTEGER NOT NULL REFERENCES team (id), code TEXT);
CREATE TABLE doc (
  id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES "Account" ("Id"), current_id INTEGER NOT NULL@late@);
CREATE TABLE version (
  doc_id INTEGER NOT NULL REFERENCES doc (id) DEFERRABLE INITIALLY DEFERRED, id INTEGER NOT NULL UNIQUE,
  PRIMARY KEY (doc_id, id));
CREATE TABLE crm."order" (
  shop INTEGER NOT NULL REFERENCES "Account" ("Id"), no TEXT NOT NULL, PRIMARY KEY (shop, no));
CREATE TABLE "Odd.Schema"."LineItem" (
  shop INTEGER NOT NULL, order_no TEXT NOT NULL, line INTEGER NOT NULL, PRIMARY KEY (order_no, line, shop),
  FOREIGN KEY (shop, order_no) REFERENCES crm."order" (shop, no));
CREATE TABLE "Odd.Schema".lineitem (
  id INTEGER PRIMARY KEY, shop INTEGER, order_no TEXT,
  FOREIGN KEY (shop, order_no) REFERENCES crm."order" (shop, no));
CREATE TABLE invoice (
  id @identity@, account_id INTEGER NOT NULL REFERENCES "Account" ("Id"), net INTEGER NOT NULL,
  gross INTEGER GENERATED ALWAYS AS (net * 2) STORED);
CREATE TABLE event (
  id INTEGER NOT NULL, day DATE NOT NULL, account_id INTEGER NOT NULL REFERENCES "Account" ("Id"),
  PRIMARY KEY (id, day))@partitioned@;
CREATE TABLE log_line (account_id INTEGER REFERENCES "Account" ("Id"), text TEXT);
CREATE TABLE log_mark (person_id INTEGER REFERENCES person (id), project_id INTEGER REFERENCES project (id), mark TEXT);
CREATE TABLE "odd ""quoted"" name" (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES person (id));
CREATE TABLE "../escape" (
  "../id" INTEGER PRIMARY KEY, "in/out" INTEGER NOT NULL REFERENCES "odd ""quoted"" name" (id));
CREATE TABLE "dots.in.name" ("a.id" INTEGER PRIMARY KEY, "to.escape" INTEGER NOT NULL REFERENCES "../escape" ("../id"));
CREATE TABLE "new
line 100%" ("id
" INTEGER PRIMARY KEY, "dots" INTEGER NOT NULL REFERENCES "dots.in.name" ("a.id"));
CREATE VIEW open_orders AS SELECT * FROM crm."order";
"""
POSTGRESQL = """
CREATE TABLE event_old PARTITION OF event FOR VALUES FROM ('2000-01-01') TO ('2026-01-01');
CREATE TABLE event_new PARTITION OF event FOR VALUES FROM ('2026-01-01') TO ('2100-01-01');
ALTER TABLE "Account" ADD FOREIGN KEY (owner_id) REFERENCES person (id);
ALTER TABLE country ADD FOREIGN KEY (capital_id) REFERENCES city (id);
ALTER TABLE team ADD FOREIGN KEY (lead_id) REFERENCES member (id);
ALTER TABLE doc ADD FOREIGN KEY (id, current_id) REFERENCES version (doc_id, id) DEFERRABLE INITIALLY DEFERRED;
"""
_ONLY_POSTGRESQL = {
    "@identity@": "INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "@partitioned@": " PARTITION BY RANGE (day)",
    "@case@": "",
    "@late@": "",
}
_ONLY_SQLITE = {
    "CREATE SCHEMA crm;\n": "",
    'CREATE SCHEMA "Odd.Schema";\n': "",
    "capital_id INTEGER)": "capital_id INTEGER REFERENCES city (id))",
    "owner_id INTEGER)": "owner_id INTEGER REFERENCES person (id))",
    "lead_id INTEGER)": "lead_id INTEGER REFERENCES member (id))",
    "@late@": ", FOREIGN KEY (id, current_id) REFERENCES version (doc_id, id) DEFERRABLE INITIALLY DEFERRED",
    "@identity@": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "@partitioned@": "",
    "@case@": "_2",
}
_PLAIN_NAMES = {'"Odd.Schema".lineitem': "line_item", '"Odd.Schema".': "", "crm.": ""}


def written_for(dialect: str, text: str) -> str:
    """A name, hop or statement as that database spells it."""
    if dialect == "postgresql":
        return text
    for ours, plain in _PLAIN_NAMES.items():
        text = text.replace(ours, plain)
    return text


def _data_set(table: str, *hops: str, key: str = "id", **about: Any) -> dict[str, Any]:
    name = about.pop("name", table)
    return {"name": name, "table": table, "key": key.split() if key else [], "hops": list(hops), **about}


_ODD, _ESCAPE, _DOTS, _LINE = '"odd ""quoted"" name"', '"../escape"', '"dots.in.name"', '"new\nline 100%"'
DATA_SETS = [
    {**_data_set(_LINE, f'{_LINE}.dots -> {_DOTS}."a.id"', name="new-line"), "key": ["id\n"]},
    _data_set(_DOTS, f'{_DOTS}."to.escape" -> {_ESCAPE}."../id"', key="a.id", name="dots"),
    _data_set(_ESCAPE, f'{_ESCAPE}."in/out" -> {_ODD}.id', key="../id", name="escape"),
    _data_set(_ODD, f"{_ODD}.person_id -> person.id", name="odd"),
    _data_set(
        "log_mark", "log_mark.person_id -> person.id", "log_mark.project_id -> project.id", key="", of_two="hand_over"
    ),
    _data_set("log_line", "log_line.account_id -> Account.Id", key=""),
    _data_set("event", "event.account_id -> Account.Id", key="id day"),
    _data_set("invoice", "invoice.account_id -> Account.Id"),
    _data_set(
        '"Odd.Schema".lineitem', '"Odd.Schema".lineitem.(shop, order_no) -> crm.order.(shop, no)', name="lineitem"
    ),
    _data_set(
        '"Odd.Schema".LineItem',
        '"Odd.Schema".LineItem.(shop, order_no) -> crm.order.(shop, no)',
        key="order_no line shop",
        name="line-item",
    ),
    _data_set("crm.order", "crm.order.shop -> Account.Id", key="shop no", name="order"),
    _data_set("version", "version.doc_id -> doc.id", key="doc_id id"),
    _data_set("doc", "doc.account_id -> Account.Id", "doc.(id, current_id) -> version.(doc_id, id)"),
    _data_set("member", "member.team_id -> team.id"),
    _data_set("team", "team.account_id -> Account.Id", "team.lead_id -> member.id"),
    _data_set("folder", "folder.account_id -> Account.Id", "folder.parent_id -> folder.id"),
    _data_set("deal", "deal.seller_id -> Account.Id", "deal.buyer_id -> Account.Id", of_two="keep"),
    _data_set("treaty", "treaty.first_id -> Account.Id", "treaty.second_id -> Account.Id", of_two="export"),
    _data_set("comment", "comment.about_project -> project.code"),
    _data_set("time_entry", "time_entry.task_id -> task.id", of_two="hand_over"),
    _data_set(
        "task",
        "task.project_id -> project.id",
        "task.assignee_id -> person.id",
        "task.after_id -> task.id",
        of_two="hand_over",
    ),
    _data_set(
        "project_person",
        "project_person.project_id -> project.id",
        "project_person.person_id -> person.id",
        key="project_id person_id",
    ),
    _data_set("project", "project.account_id -> Account.Id"),
    _data_set("person", "person.account_id -> Account.Id"),
    _data_set(
        "Account",
        key="Id",
        name="account",
        ignored=["Account.parent -> Account.Id", "Account.owner_id -> person.id"],
        erase="mask",
        mask={"Name": "", "owner_id": None},
    ),
]
OUTSIDE = [
    {
        "table": "category",
        "duty": "shared",
        "reason": "one tree for all",
        "name": "category",
        "key": ["id"],
        "used_by": ["project.category_id -> category.id", "category.parent_id -> category.id"],
    },
    {
        "table": "city",
        "duty": "shared",
        "reason": "geography",
        "name": "city",
        "key": ["id"],
        "used_by": ["person.city_id -> city.id", "country.capital_id -> city.id"],
    },
    {
        "table": "country",
        "duty": "shared",
        "reason": "geography",
        "name": "country",
        "key": ["code"],
        "used_by": ["city.country -> country.code"],
    },
    {"table": "weather", "duty": "none", "reason": "nobody's"},
]
EXPECTED = {
    "new-line": (2, 2, 2),
    "dots": (2, 2, 2),
    "escape": (2, 2, 2),
    "odd": (2, 2, 2),
    "log_mark": (5, 5, 3),
    "log_line": (5, 5, 5),
    "event": (4, 4, 4),
    "invoice": (3, 3, 3),
    "lineitem": (2, 2, 2),
    "line-item": (3, 3, 3),
    "order": (3, 3, 3),
    "version": (3, 3, 3),
    "doc": (2, 2, 2),
    "member": (3, 3, 3),
    "team": (2, 2, 2),
    "folder": (5, 5, 5),
    "deal": (3, 2, 2),
    "treaty": (2, 2, 1),
    "comment": (2, 2, 2),
    "time_entry": (6, 6, 3),
    "task": (6, 5, 4),
    "project_person": (4, 4, 4),
    "project": (2, 2, 2),
    "person": (2, 2, 2),
    "account": (1, 1, 1),
    "category": (3, 3, 3),
    "city": (3, 3, 3),
    "country": (2, 2, 2),
}
"""Data set → rows of the accounts 1, 2 and 3; those of two accounts count for both."""
OF_TWO = {"log_mark": 2, "deal": 2, "treaty": 1, "time_entry": 3, "task": 3}
"""Data set → rows of account 1 that another account reaches, too; elsewhere none."""


def inventory(dialect: str) -> Inventory:
    """What `inventory.toml` would say of it, with the decisions on rows of two accounts taken."""

    def spelt(part: Any) -> Any:
        if isinstance(part, dict):
            return {name: spelt(value) if name != "reason" else value for name, value in part.items()}
        if isinstance(part, list):
            return [spelt(value) for value in part]
        return written_for(dialect, part) if isinstance(part, str) else part

    tables = {"data_set": spelt(DATA_SETS), "outside": spelt(OUTSIDE)}
    return Inventory.model_validate({"root": "Account", "key": "Id", **tables})


def create(engine: Engine) -> None:
    """Makes the tables and the rows of three accounts."""
    dialect = engine.dialect.name
    script = SCHEMA + (POSTGRESQL if dialect == "postgresql" else "")
    for ours, plain in (_ONLY_POSTGRESQL if dialect == "postgresql" else _ONLY_SQLITE).items():
        script = script.replace(ours, plain)
    with engine.begin() as connection:
        plainly = connection.execution_options(no_parameters=True)
        for statement in written_for(dialect, script).strip().removesuffix(";").split(";\n"):
            plainly.exec_driver_sql(statement)
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
        _ODD: [{"id": b + n, "person_id": b + n} for n in (1, 2)],
        _ESCAPE: [{"../id": b + n, "in/out": b + n} for n in (1, 2)],
        _DOTS: [{"a.id": b + n, "to.escape": b + n} for n in (1, 2)],
        _LINE: [{"id\n": b + n, "dots": b + n} for n in (1, 2)],
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
