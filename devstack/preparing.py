"""The home of the embedded stack: the sample company in it, made once, and a fresh start."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import boto3
from sqlalchemy import inspect
from sqlmodel import Session, select

from connectors.opening import Connections, settings
from connectors.store.engine import migrate, open_engine
from devstack.company.files import put_attachments
from devstack.company.product import build_product
from devstack.company.seeding import seed
from devstack.files import write_whole
from devstack.lock import HomeLock
from devstack.stack import EmbeddedStack
from models.settings import Settings
from models.tables.accounts import AccountRow

# What the embedded stack keeps in its home, and therefore what a fresh start may remove: nothing else.
OURS = (
    *("temporal", "s3", "mail", "mail-returned", "texts", "keys", "demo"),
    *("mail-answers.json", "mail-received.jsonl"),
    *("stack.json", "environment", "aws-credentials", "anchor", "*.log", "*.log.1"),
    *("farewell.db*", "product.db*"),
)


@contextmanager
def environment(settings: dict[str, str]) -> Iterator[None]:
    """Sets them for the block: afterwards the addresses mustn't look as if the user had set them."""
    before = dict(os.environ)
    os.environ.update(settings)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def prepare(home: Path) -> None:
    """Makes the sample company's databases and the settings that name them; starts no server."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with HomeLock(home.resolve()), environment(EmbeddedStack(home).describe()):
        _make_databases(home, settings())


def start_afresh(home: Path) -> None:
    """Removes what an earlier stack left in its home.

    Raises:
        Conflict: it is still running.
    """
    if not home.exists():
        return
    with HomeLock(home.resolve()):
        for found in (path for pattern in OURS for path in home.glob(pattern)):
            shutil.rmtree(found) if found.is_dir() else found.unlink()


def fill(home: Path, at: Settings) -> None:
    """Makes what is missing of the sample company, its attachments too."""
    _make_databases(home, at)
    if at.s3_files_bucket:
        s3 = boto3.Session().client("s3", endpoint_url=at.s3_endpoint_url)
        put_attachments(s3, at.s3_files_bucket, at.product_database_url)


def _make_databases(home: Path, at: Settings) -> None:
    """Farewell's own and the product's, each only where it is missing, both of one day."""
    engine, anchor = Connections(at).engine, _anchor(home)
    migrate(engine)
    product = open_engine(at.product_database_url)
    if not inspect(product).has_table("account"):
        build_product(at.product_database_url, anchor=anchor)
    with Session(engine) as session:
        empty = session.exec(select(AccountRow.id)).first() is None
    if empty:
        seed(engine, at.product_database_url, anchor=anchor)
    product.dispose()
    engine.dispose()


def _anchor(home: Path) -> date:
    """The day on which the sample company was made: its dates count from there."""
    kept = home / "anchor"
    if not kept.exists():
        write_whole(kept, datetime.now(UTC).date().isoformat().encode())
    return date.fromisoformat(kept.read_text(encoding="utf-8"))
