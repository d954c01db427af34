"""How often each effect really happened: what changed is counted where it changes, by triggers."""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

Tally = Mapping[str, Mapping[str, int]]
"""Effect → thing → how often the effect happened to it."""


class Change(NamedTuple):
    """A change of a row that is an effect: `effect` and `thing` are SQL, `when` too."""

    table: str
    event: str
    when: str
    effect: str
    thing: str


CHANGES = (
    Change("user", "INSERT", "NEW.id LIKE 'farewell-probe-%'", "'plant identity'", "NEW.id"),
    Change("user", "UPDATE", "OLD.active AND NOT NEW.active", "'deactivate user'", "NEW.id"),
    Change("user", "DELETE", "1", "'delete user'", "OLD.id"),
    Change("credential", "INSERT", "NEW.planted_by IS NOT NULL", "'plant credential'", "NEW.id"),
    Change(
        "credential", "UPDATE", "OLD.gated_by IS NULL AND NEW.gated_by IS NOT NULL", "'gate ' || NEW.kind", "NEW.id"
    ),
    Change("credential", "DELETE", "1", "'delete credential'", "OLD.id"),
    Change(
        "membership",
        "UPDATE",
        "OLD.taken_by IS NULL AND NEW.taken_by IS NOT NULL",
        "'empty group'",
        """NEW."group" || ' ' || NEW.user""",
    ),
    Change("shared_asset", "UPDATE", "OLD.handed_by IS NULL AND NEW.handed_by IS NOT NULL", "'hand over'", "NEW.id"),
    Change("account_state", "INSERT", "NEW.state = 'read_only'", "'freeze'", "NEW.account"),
    Change(
        "account_state", "UPDATE", "NEW.state = 'read_only' AND OLD.state != 'read_only'", "'freeze'", "NEW.account"
    ),
    Change("invoice", "INSERT", "NEW.kind = 'subscription'", "'invoice'", "NEW.id"),
    Change("counter_document", "INSERT", "1", "'document ' || NEW.kind", "NEW.id"),
    Change("document", "INSERT", "1", "'keep ' || NEW.kind", "NEW.key"),
)


def count_changes(home: Path) -> None:
    """From now on each change is written down beside the row that it changed."""
    with closing(sqlite3.connect(home / "farewell.db")) as connection, connection:
        connection.execute("CREATE TABLE tally (effect TEXT, thing TEXT)")
        for number, change in enumerate(CHANGES):
            connection.execute(
                f'CREATE TRIGGER tally_{number} AFTER {change.event} ON "{change.table}" WHEN {change.when} '
                f"BEGIN INSERT INTO tally VALUES ({change.effect}, {change.thing}); END"
            )


def tally_of(home: Path) -> dict[str, Counter[str]]:
    """What the triggers have counted."""
    found: dict[str, Counter[str]] = {}
    with closing(sqlite3.connect(home / "farewell.db")) as connection:
        for effect, thing in connection.execute("SELECT effect, thing FROM tally"):
            found.setdefault(effect, Counter())[thing] += 1
    return found
