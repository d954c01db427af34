"""Opening and migrating Farewell's own database, on PostgreSQL; tests/unit/test_migrations.py does it on SQLite."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, make_url, text

from connectors.errors import NotFound, Unauthorized, Unavailable
from connectors.store.engine import open_engine
from connectors.store.sessions import reading, writing
from devstack.ports import LOOPBACK, free_ports
from devstack.postgres import Postgres
from models.tables.catalogue import all_tables


def test_the_migrated_schema_is_what_the_tables_say(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), all_tables()) == []


def test_a_wrong_password_is_unauthorized_and_never_told(postgres: Postgres) -> None:
    url = make_url(postgres.url).set(password="hunter2").render_as_string(hide_password=False)
    with pytest.raises(Unauthorized, match="doesn't let us in") as caught:
        open_engine(url)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_database_is_named(postgres: Postgres) -> None:
    with pytest.raises(NotFound, match="no database nowhere"):
        open_engine(make_url(postgres.url).set(database="nowhere").render_as_string(hide_password=False))


def test_no_server_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="no PostgreSQL answers"):
        open_engine(f"postgresql://farewell@{LOOPBACK}:{free_ports(1)[0]}/farewell")


def test_a_connection_that_broke_is_replaced(postgres: Postgres) -> None:
    engine = open_engine(postgres.url)
    cut = text("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(Unavailable), writing(engine) as session:
        session.execute(cut)
    with reading(engine) as session:
        assert session.execute(text("SELECT 1")).scalar() == 1
    engine.dispose()


def test_readers_are_not_held_up_by_a_writer(engine: Engine) -> None:
    def read() -> int | None:
        with reading(engine) as session:
            return session.execute(text("SELECT count(*) FROM plan")).scalar()

    with writing(engine), ThreadPoolExecutor(1) as thread:
        assert thread.submit(read).result(timeout=5) is not None
