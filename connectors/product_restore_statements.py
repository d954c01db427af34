"""The statements of restore that SQLAlchemy can't build, every name quoted; the rows' values are never in them."""
# ruff: noqa: S608 - names alone are put in, quoted

from collections.abc import Iterable

from sqlalchemy import Connection

from connectors.product_restore_staged import Fate, Staged
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


def like_target(staged: Staged, table: str, columns: Iterable[str]) -> str:
    """The query of a table that has these columns of the target, with their types and nothing else of it."""
    return f"TEMP TABLE {table} AS SELECT {names(columns)} FROM {target(staged)} WHERE false"


def inserting(staged: Staged, overriding: str = "") -> str:
    """Inserts the new rows."""
    columns = names(staged.own)
    into = f"INSERT INTO {target(staged)} ({columns}) {overriding}"
    return f"{into} SELECT {columns} FROM {staged.name} WHERE {_is(staged, Fate.NEW)}"


def bringing_back(staged: Staged) -> str:
    """Gives standing rows the package's values again."""
    values = ", ".join(f"{name(each)} = s.{name(each)}" for each in staged.loose)
    same = " AND ".join(f"t.{name(each)} = s.{name(each)}" for each in staged.key)
    return (
        f"UPDATE {target(staged)} AS t SET {values} FROM {staged.name} AS s WHERE {same} AND s.{_is(staged, Fate.BACK)}"
    )


def _is(staged: Staged, fate: Fate) -> str:
    return f"{name(staged.fate_name)} = '{fate.value}'"
