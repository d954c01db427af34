"""The statements of restore that SQLAlchemy can't build, every name quoted; the rows' values are never in them."""
# ruff: noqa: S608 - names alone are put in, quoted

from collections.abc import Iterable

from sqlalchemy import Connection

from connectors.product_restore_staged import WRITTEN, Fate, Staged, counted
from models.hop import split


def run(connection: Connection, statement: str) -> None:
    """Runs it as it stands: a percent sign in a name is no parameter."""
    connection.execution_options(no_parameters=True).exec_driver_sql(statement)


def name(part: str) -> str:
    """A name in quotes."""
    return '"' + part.replace('"', '""') + '"'


def names(parts: Iterable[str]) -> str:
    """Names in quotes."""
    return ", ".join(map(name, parts))


def target(staged: Staged) -> str:
    """The table that the rows go to."""
    own, schema = split(staged.packaged.table)
    return f"{name(schema)}.{name(own)}" if schema else name(own)


def make_staging(connection: Connection, staged: Staged, options: str = "") -> None:
    """Makes the staging table, and that of the masks: the target's columns with their types, and nothing else of it."""
    for table, columns in ((staged.name, staged.packaged.columns), (staged.mask.name, tuple(staged.masks))):
        if columns:
            like = f"SELECT {names(columns)} FROM {target(staged)} WHERE false"
            run(connection, f"CREATE TEMP TABLE {table} {options} AS {like}")
    fate = f"{name(staged.fate_name)} text NOT NULL DEFAULT '{Fate.NEW.value}'"
    for column in (fate, f"{name(staged.form_name)} text"):
        run(connection, f"ALTER TABLE {staged.name} ADD COLUMN {column}")


def inserting(staged: Staged, overriding: str = "") -> str:
    """Inserts the new rows."""
    columns = names(staged.own)
    into = f"INSERT INTO {target(staged)} ({columns}) {overriding}"
    due = (Fate.NEW,) if staged.key else WRITTEN  # keyless rows come back anew
    return f"{into} SELECT {columns} FROM {staged.name} WHERE {_is(staged, *due)}"


def comes_back(connection: Connection, staged: Staged) -> bool:
    """Whether rows that stand get values back: only then is the right to update them needed."""
    return bool(staged.key) and counted(connection, staged, staged.has(Fate.BACK)) > 0


def bringing_back(staged: Staged) -> str:
    """Gives rows that stand the package's values again."""
    values = ", ".join(f"{name(each)} = s.{name(each)}" for each in staged.loose)
    same = " AND ".join(_same(staged, each) for each in staged.key)
    return (
        f"UPDATE {target(staged)} AS t SET {values} FROM {staged.name} AS s WHERE {same} AND s.{_is(staged, Fate.BACK)}"
    )


def _same(staged: Staged, key: str) -> str:
    equals = "IS" if staged.facts.nullable((key,)) else "="  # SQLite alone lets a key be NULL
    return f"t.{name(key)} {equals} s.{name(key)}"


def _is(staged: Staged, *fates: Fate) -> str:
    listed = ", ".join(f"'{fate.value}'" for fate in fates)
    return f"{name(staged.fate_name)} IN ({listed})"
