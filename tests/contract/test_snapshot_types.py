"""Every type of PostgreSQL as a snapshot writes it: exactly as COPY, and as its description says."""

import csv
import gzip
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, text

from activities.package_description import described
from connectors.product_snapshot import open_snapshot
from connectors.store.engine import open_engine
from devstack.postgres import Postgres
from models.exporting import PackagedFile
from models.inventory import DataSet, Inventory
from models.package import PackagedColumn, TablePart, TablesPart
from tests.contract import every_type
from tests.contract.snapshot_schema import database_of

FITTING = [
    "CREATE DOMAIN number AS text",
    "CREATE SCHEMA date",
    "CREATE DOMAIN date.date AS date",
    """CREATE TABLE fitting (
      id integer PRIMARY KEY, account_id integer NOT NULL REFERENCES account, date date NOT NULL,
      at timestamptz NOT NULL, local timestamp(3) NOT NULL, time time NOT NULL, time_3 time(3) NOT NULL,
      numeric numeric NOT NULL, double double precision NOT NULL, oid oid NOT NULL, own number NOT NULL,
      far date.date NOT NULL, empty text NOT NULL, bytes bytea NOT NULL)""",
    r"""INSERT INTO fitting VALUES
      (1, 1, '0001-01-01', '0001-01-01 00:00:00+00', '0001-01-01', '00:00', '00:00',
       'NaN', 'NaN', 0, '', '0044-03-15 BC', '', ''),
      (2, 1, '9999-12-31', '9999-12-31 23:59:59.999999+00', '9999-12-31 23:59:59.999', '23:59:59.999999', '23:59:59.5',
       '1e40', '1e-300', 4294967295, '1', 'infinity', '\N', '\x00'),
      (3, 1, '2026-03-29', '2026-03-29 02:30+02', '2026-03-29 02:30', '12:34:56.7', '12:34:56',
       '-0.10', '-0.1', 7, 'x', 'epoch', ' ', 'a')""",
]
EVERY = every_type.TABLE
FRICTIONLESS = Path(sys.executable).with_name("frictionless")
# It takes the white space at the ends of a name away, and then says that the name is wrong.
SPACED = 'odd, "name" %s :x {}\n'
LOOSE = {"date", "timestamp", "timestamptz", "time"}


@pytest.fixture(scope="module")
def engine(postgres: Postgres) -> Iterator[Engine]:
    engine = open_engine(database_of(postgres))
    with engine.begin() as connection:
        plainly = connection.execution_options(no_parameters=True)
        for statement in [*every_type.script(), *every_type.rows(*every_type.unsupported(engine)), *FITTING]:
            plainly.exec_driver_sql(statement)
    before = csv.field_size_limit(1_000_000)
    yield engine
    csv.field_size_limit(before)
    engine.dispose()


def data_set(table: str, form: str, *key: str) -> DataSet:
    of = every_type.quoted(table)
    hops = [f"{of}.account_id -> account.id"]
    return DataSet.model_validate(
        {"name": table.replace(" ", "-"), "table": of, "key": key, "hops": hops, "format": form}
    )


def read(engine: Engine, chosen: DataSet) -> tuple[bytes, TablePart]:
    inventory = Inventory.model_validate(
        {"root": "account", "data_set": [chosen, {"name": "account", "table": "account"}]}
    )
    with open_snapshot(engine) as snapshot:
        found = snapshot.read(inventory, chosen, "1")
        body = b"".join(found)
        counted = snapshot.count(inventory, chosen, "1")
    packed = gzip.compress(body, mtime=0)
    path = f"data/tables/{chosen.name}.{chosen.format}.gz"
    file = PackagedFile(path=path, size_bytes=len(packed), sha256=hashlib.sha256(packed).hexdigest(), rows=found.rows)
    part = TablePart(
        name=chosen.name, table=chosen.table, file=file, columns=found.columns, format=chosen.format, counted=counted
    )
    assert found.rows == counted
    return packed, part


def columns(part: TablePart) -> dict[str, PackagedColumn]:
    return {column.name: column for column in part.columns}


def as_text(engine: Engine) -> list[dict[str, Any]]:
    """What COPY says by itself, with settings of the same kind."""
    settings = "SET TimeZone = 'UTC'; SET IntervalStyle = 'postgres'; SET lc_monetary = 'C'; SET bytea_output = 'hex'"
    with psycopg.connect(engine.url.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
        connection.execute(settings)
        with connection.cursor().copy(
            f"COPY (SELECT * FROM \"{EVERY}\" WHERE account_id = 1 ORDER BY id) TO STDOUT (FORMAT csv, NULL '<null>', HEADER)"
        ) as copy:
            said = b"".join(copy).decode()
    return [
        {name: None if cell == "<null>" else cell for name, cell in row.items()}
        for row in csv.DictReader(io.StringIO(said, newline=""))
    ]


@pytest.mark.parametrize("name", [EVERY, "fitting"])
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_every_value_fits_its_description(engine: Engine, tmp_path: Path, name: str, form: str) -> None:
    packed, part = read(engine, data_set(name, form, "id"))
    (tmp_path / "tables").mkdir()
    (tmp_path / part.file.path.removeprefix("data/")).write_bytes(packed)
    whole = TablesPart(instant="x", dialect="postgresql", root="account", tables=(part,))
    description = described("case", datetime.now(UTC), whole, [], {})
    (tmp_path / "datapackage.json").write_text(json.dumps(description))
    judged = subprocess.run(
        [FRICTIONLESS, "validate", "--json", "datapackage.json"], cwd=tmp_path, capture_output=True, check=False
    )
    (task,) = json.loads(judged.stdout)["tasks"]
    assert [error for error in task["errors"] if error["type"] != "incorrect-label"] == []
    assert {error["fieldName"] for error in task["errors"]} <= {SPACED}
    assert task["stats"]["rows"] == part.file.rows


def test_only_what_a_description_cant_say_is_loose(engine: Engine) -> None:
    assert {each.name for each in read(engine, data_set(EVERY, "csv", "id"))[1].columns if each.loose} == LOOSE
    assert {each.name for each in read(engine, data_set("fitting", "csv", "id"))[1].columns if each.loose} == {"own"}


def test_json_lines_say_what_csv_says(engine: Engine) -> None:
    packed, _ = read(engine, data_set(EVERY, "jsonl", "id"))
    native: dict[type, Any] = {int: str, bool: {True: "t", False: "f"}.get}
    found = [json.loads(line) for line in gzip.decompress(packed).splitlines()]
    told = [{name: native.get(type(value), lambda same: same)(value) for name, value in row.items()} for row in found]
    assert told == as_text(engine)
    assert {type(value) for row in found for value in row.values()} == {int, bool, str, type(None)}


def test_csv_says_what_copy_says(engine: Engine) -> None:
    packed, part = read(engine, data_set(EVERY, "csv", "id"))
    said = as_text(engine)
    found = list(csv.DictReader(io.StringIO(gzip.decompress(packed).decode(), newline="")))
    spelt = [{name: r"\N" if cell is None else cell for name, cell in row.items()} for row in said]
    assert found == spelt
    says_null = {name for row in said for name, cell in row.items() if cell == r"\N"}
    assert {name for name, column in columns(part).items() if column.says_null} == says_null


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_table_of_every_type_without_a_key_has_an_order(engine: Engine, form: str) -> None:
    packed, part = read(engine, data_set(EVERY, form))
    with engine.begin() as connection:
        connection.execute(text(f'UPDATE "{EVERY}" SET account_id = account_id WHERE id % 2 = 1'))
    assert (packed, part) == read(engine, data_set(EVERY, form))
