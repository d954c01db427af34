"""Rows to export: the sample company in PostgreSQL, its largest account with a million usage events of its own kind."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg
from psycopg import sql

from devstack.company.product import build_product
from devstack.postgres import Postgres
from models.inventory import DataSet, Inventory, read_inventory

LARGEST = "acc_q9x4vd"
USAGE, NOISE = "usage_event", "noise"
_ANCHOR = date(2026, 11, 2)
_MORE_USAGE = """
    INSERT INTO usage_event SELECT last + row_number() OVER (), account_id, meter, quantity, app, occurred_at
    FROM (SELECT * FROM usage_event WHERE account_id = %(account)s AND id <= %(sample)s) AS own,
         generate_series(1, %(missing)s / 1000), (SELECT max(id) AS last FROM usage_event) AS before
    LIMIT %(missing)s
"""
# Base64 of digests: 6 bits a byte, which no compression brings below three quarters.
_NOISE = """
    CREATE TABLE noise (id integer PRIMARY KEY, account_id text NOT NULL REFERENCES account, body text NOT NULL);
    INSERT INTO noise SELECT n, CASE WHEN n % 10 = 0 THEN {other} ELSE {account} END, translate(
        encode(sha512(int4send(n)), 'base64') || encode(sha512(int4send(-n)), 'base64'), E'\\n=', '')
    FROM generate_series(1, {rows} * 10 / 9) AS n;
    CREATE INDEX ON noise (account_id);
"""


@dataclass(frozen=True)
class Source:
    """A table of which the largest account has most rows, and how the export finds them."""

    postgres: Postgres
    inventory: Inventory
    data_set: DataSet

    @property
    def query(self) -> str:
        """The same rows, for the anchors: in any order, so it costs them no sort."""
        return f"SELECT * FROM {self.data_set.table} WHERE account_id = '{LARGEST}'"  # noqa: S608 — names of ours


def build(postgres: Postgres, rows: int) -> tuple[Source, Source]:
    """Usage like the sample's and random text, `rows` of each; other accounts have a tenth of the tables."""
    build_product(postgres.url.replace("postgresql:", "postgresql+psycopg:"), anchor=_ANCHOR)
    product = read_inventory(Path("inventory.toml"))
    usage = Source(postgres, product, product.data_set(USAGE))
    grow(usage, rows)
    text = product.data_set(USAGE).model_dump() | {"name": NOISE, "table": NOISE}
    text["hops"] = [f"{NOISE}.account_id -> account.id"]
    noise = DataSet.model_validate(text)
    other = sql.Literal("acc_7f3k2m")
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(sql.SQL(_NOISE).format(other=other, account=sql.Literal(LARGEST), rows=sql.Literal(rows)))
        connection.execute("VACUUM ANALYZE")
    return usage, Source(postgres, product.model_copy(update={"data_sets": (*product.data_sets, noise)}), noise)


def grow(usage: Source, rows: int) -> None:
    """Repeats the sample's rows under new ids until the account has so many."""
    with psycopg.connect(usage.postgres.url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # keys that hold already needn't be looked up
        ((there, last),) = connection.execute(
            "SELECT count(*) FILTER (WHERE account_id = %s), max(id) FROM usage_event", [LARGEST]
        )
        connection.execute(_MORE_USAGE, {"account": LARGEST, "sample": last, "missing": max(0, rows - there)})
        connection.execute("VACUUM ANALYZE usage_event")
