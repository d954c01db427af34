"""A small product for the suites of Snapshot: a key that is text, rows without a key, a shared table."""

from uuid import uuid4

import psycopg
from sqlalchemy import make_url

from devstack.postgres import Postgres
from models.inventory import Inventory

OURS = "the 'quoted' \\ 100% \"shop\""
SCHEMA = [
    "CREATE TABLE kind (code text PRIMARY KEY, label text)",
    "CREATE TABLE shop (id text PRIMARY KEY)",
    "CREATE TABLE note (id integer PRIMARY KEY, shop_id text NOT NULL REFERENCES shop(id), text text)",
    "CREATE TABLE tag (note_id integer NOT NULL REFERENCES note(id), kind text REFERENCES kind(code))",
    "INSERT INTO kind VALUES ('a', 'An a'), ('b', NULL), ('c', 'only theirs')",
    "INSERT INTO shop VALUES ('the ''quoted'' \\ 100% \"shop\"'), ('theirs')",
]
HOSTILE = [
    None,
    "",
    r"\N",
    "a,b",
    'say "so"',
    "two\nlines\r\n",
    "\r",
    " spaces ",
    "\x01\x02\x1f",
    "é\U0001f600\u202e\ufeff",
    "\\",
]
VALUES = [
    *({"id": number, "shop_id": OURS, "text": content} for number, content in enumerate(HOSTILE, 1)),
    {"id": 99, "shop_id": "theirs", "text": "x"},
]
TAGS = "INSERT INTO tag VALUES (1, 'b'), (1, 'a'), (2, 'b'), (2, 'b'), (99, 'c')"
INVENTORY = Inventory.model_validate(
    {
        "root": "shop",
        "data_set": [
            {"name": "tag", "table": "tag", "hops": ["tag.note_id -> note.id"]},
            {"name": "note", "table": "note", "key": ["id"], "hops": ["note.shop_id -> shop.id"]},
            {"name": "shop", "table": "shop", "key": ["id"]},
        ],
        "outside": [
            {
                "table": "kind",
                "name": "kind",
                "duty": "shared",
                "reason": "for all",
                "key": ["code"],
                "used_by": ["tag.kind -> kind.code"],
            }
        ],
    }
)
ROOT, NOTES = INVENTORY.data_set("shop"), INVENTORY.data_set("note")


def database_of(server: Postgres) -> str:
    """The URL of a new database."""
    name = f"snapshot_{uuid4().hex}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return make_url(server.url).set(database=name).render_as_string(hide_password=False)
