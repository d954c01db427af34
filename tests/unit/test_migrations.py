from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from connectors.errors import NotFound, Rejected
from connectors.store.engine import migrate, open_engine
from models.tables.catalogue import all_tables


def test_the_migrations_make_what_the_tables_say(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/farewell.db")
    migrate(engine)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), all_tables())
    engine.dispose()
    assert differences == [], "write a migration: models/migrations/versions"


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/farewell.db")
    migrate(engine)
    migrate(engine)
    engine.dispose()


def test_a_failed_migration_leaves_nothing_behind(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/farewell.db")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE ledger (here INTEGER)"))
    with pytest.raises(Exception, match="already exists"):
        migrate(engine)
    with engine.connect() as connection:
        tables = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
    engine.dispose()
    assert tables == ["ledger"]


def test_sqlite_keeps_foreign_keys_and_writes_ahead(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/farewell.db")
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    engine.dispose()


def test_what_cannot_be_opened_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="can't be opened"):
        open_engine(f"sqlite:///{tmp_path}/nowhere/farewell.db")
    (tmp_path / "letter.txt").write_text("Dear customer, " * 100)
    with pytest.raises(Rejected, match="no SQLite database"):
        open_engine(f"sqlite:///{tmp_path}/letter.txt")


@pytest.mark.parametrize("url", ["", "farewell.db", "mysql://user@host/farewell", "postgresql://host:port/farewell"])
def test_a_wrong_url_says_how_a_right_one_looks(url: str) -> None:
    with pytest.raises(Rejected) as caught:
        open_engine(url)
    assert "postgresql+psycopg://" in caught.value.fix
