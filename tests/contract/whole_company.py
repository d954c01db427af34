"""The sample company as `farewell up` seeds it: its product's database, and Farewell's own filled from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from sqlalchemy import Engine

from connectors.store.engine import migrate, open_engine
from devstack.company.product import build_product
from devstack.company.seeding import seed

ANCHOR = date(2026, 11, 22)


@contextmanager
def whole_company(folder: Path) -> Iterator[Engine]:
    """Farewell's own database, closed afterwards."""
    product = f"sqlite:///{folder}/product.db"
    build_product(product, anchor=ANCHOR)
    engine = open_engine(f"sqlite:///{folder}/farewell.db")
    migrate(engine)
    seed(engine, product, anchor=ANCHOR)
    yield engine
    engine.dispose()
