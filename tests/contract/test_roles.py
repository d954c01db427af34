"""The application's role on PostgreSQL, and what the doctor sees of it. Source: DOMAIN audit.1.

All suites of this folder that run on PostgreSQL run as that role.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine, make_url, text

from connectors.errors import NotFound, Rejected
from connectors.store.engine import migrate, open_engine
from connectors.store.roles import grant, power_over_ledger
from devstack.postgres import Postgres
from models.tables.catalogue import all_tables
from tests.contract.conftest import ROLE

ROOT = Path(__file__).parents[2]


@contextmanager
def closing_engine(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    yield engine
    engine.dispose()


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


def test_audit_1_the_role_of_compose_works_and_cannot_change_the_ledger(postgres: Postgres, tmp_path: Path) -> None:
    """What the database's container runs when it is new, and then the service `tables`."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    (tmp_path / "password").write_text("se'cret\n")
    roles = compose["configs"]["database_roles"]["content"].replace(
        "/run/secrets/database_password", str(tmp_path / "password")
    )
    psql = [str(postgres.programs / "psql"), "--set", "ON_ERROR_STOP=1", postgres.url]
    subprocess.run(psql, input=roles, text=True, check=True, capture_output=True)
    (role,) = re.findall(r"database grant (\w+)", " ".join(compose["services"]["tables"]["command"]))
    with closing_engine(postgres.url) as owner:
        migrate(owner)
        grant(owner, role)
    url = make_url(postgres.url).set(username=role, password="se'cret").render_as_string(hide_password=False)
    with closing_engine(url) as engine:
        assert power_over_ledger(engine) is None
