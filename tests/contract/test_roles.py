"""The application's role on PostgreSQL, and what the doctor sees of it. Source: DOMAIN audit.1.

All suites of this folder that run on PostgreSQL run as that role.
"""

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from connectors.errors import NotFound, Rejected
from connectors.store.engine import migrate, open_engine
from connectors.store.roles import grant, power_over_ledger
from models.tables.catalogue import all_tables
from tests.contract.conftest import ROLE


def test_audit_1_the_role_has_every_table_and_no_power_over_the_ledger(engine: Engine) -> None:
    assert power_over_ledger(engine) is None


def test_audit_1_the_owner_is_told_that_it_could_change_the_ledger(owner_engine: Engine) -> None:
    assert power_over_ledger(owner_engine) == "postgres owns it or is a superuser"


@pytest.mark.parametrize("right", ["UPDATE", "DELETE", "TRUNCATE", "TRIGGER"])
def test_audit_1_a_right_too_many_is_named_and_taken_back(
    owner_engine: Engine, postgresql_engine: Engine, right: str
) -> None:
    with owner_engine.begin() as connection:
        connection.execute(text(f"GRANT {right} ON ledger TO {ROLE}"))
    assert power_over_ledger(postgresql_engine) == f"{ROLE} has {right} on it"
    assert set(grant(owner_engine, ROLE)) == {*all_tables().tables, "alembic_version"}
    assert power_over_ledger(postgresql_engine) is None


def test_audit_1_a_member_of_the_owners_role_could_change_it(owner_engine: Engine) -> None:
    with owner_engine.begin() as connection:
        connection.execute(text("CREATE ROLE in_between LOGIN IN ROLE postgres"))
    with pytest.raises(Rejected, match="in_between owns the tables or is a superuser"):
        grant(owner_engine, "in_between")


def test_a_role_that_is_not_there_is_named(owner_engine: Engine) -> None:
    with pytest.raises(NotFound, match='there is no role nobody"; DROP TABLE ledger'):
        grant(owner_engine, 'nobody"; DROP TABLE ledger')


def test_sqlite_knows_no_roles(sqlite_engine: Engine) -> None:
    with pytest.raises(Rejected, match="only PostgreSQL"):
        grant(sqlite_engine, ROLE)


def test_audit_1_a_missing_trigger_is_named(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/farewell.db")
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER ledger_refuses_replacement"))
    assert power_over_ledger(engine) == "the triggers ledger_refuses_replacement are missing"
    engine.dispose()


def test_the_role_may_run_setup_where_nothing_is_missing(postgresql_engine: Engine) -> None:
    migrate(postgresql_engine)
