"""A product's schema with every hard case that we could think of, with the rows of three accounts and its inventory.

Account 1 leaves, 2 stays, 3 is a subsidiary of 1: another customer. SQLite has neither schemas nor partitions, and no
two names that differ by case alone: there it does without.
"""

from typing import Any

from sqlalchemy import Engine

from models.inventory import Inventory
from tests.contract.hard_rows import ACCOUNTS, OURS, SUBSIDIARY, THEIRS, fill
from tests.contract.hard_tables import DOTS, ESCAPE, LINE, ODD, script_for, written_for

__all__ = ["ACCOUNTS", "EXPECTED", "OF_TWO", "OURS", "SUBSIDIARY", "THEIRS", "create", "inventory"]


def _data_set(table: str, *hops: str, key: str = "id", **about: Any) -> dict[str, Any]:
    name = about.pop("name", table)
    return {"name": name, "table": table, "key": key.split() if key else [], "hops": list(hops), **about}


DATA_SETS = [
    {**_data_set(LINE, f'{LINE}.dots -> {DOTS}."a.id"', name="new-line"), "key": ["id\n"]},
    _data_set(DOTS, f'{DOTS}."to.escape" -> {ESCAPE}."../id"', key="a.id", name="dots"),
    _data_set(ESCAPE, f'{ESCAPE}."in/out" -> {ODD}.id', key="../id", name="escape"),
    _data_set(ODD, f"{ODD}.person_id -> person.id", name="odd"),
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
    with engine.begin() as connection:
        plainly = connection.execution_options(no_parameters=True)
        for statement in script_for(engine.dialect.name):
            plainly.exec_driver_sql(statement)
        fill(connection)
