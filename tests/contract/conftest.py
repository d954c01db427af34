"""Farewell's own database on both systems, one each for all tests: use account ids of your own."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import Engine

from connectors.store.engine import migrate, open_engine
from tests.contract.sample_books import BuiltinBooks, SampleBooks
from tests.contract.sample_money import put_money
from tests.contract.stripe_books import StripeBooks, running_stripe


@pytest.fixture(scope="session")
def sqlite_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Migrated, and with nobody in it."""
    yield from _opened(f"sqlite:///{tmp_path_factory.mktemp('store')}/farewell.db")


@pytest.fixture(scope="session")
def postgresql_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Migrated, and with nobody in it."""
    yield from _opened(request.getfixturevalue("postgres").url)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """One after the other."""
    return request.getfixturevalue(f"{request.param}_engine")


@pytest.fixture
def sqlite_books(sqlite_engine: Engine) -> SampleBooks:
    return BuiltinBooks(sqlite_engine)


@pytest.fixture
def postgresql_books(postgresql_engine: Engine) -> SampleBooks:
    return BuiltinBooks(postgresql_engine)


@pytest.fixture(scope="session")
def stripe_url() -> Iterator[str]:
    """localstripe, with nobody in it, honouring Idempotency-Key."""
    with running_stripe("--idempotent") as url:
        yield url


@pytest.fixture
def stripe_books(stripe_url: str) -> SampleBooks:
    return StripeBooks(stripe_url)


@pytest.fixture(params=["sqlite", "postgresql", "stripe"])
def books(request: pytest.FixtureRequest) -> SampleBooks:
    """Every billing system: `<param>_books` puts a test's money into it."""
    return request.getfixturevalue(f"{request.param}_books")


@pytest.fixture
def account(books: SampleBooks) -> str:
    """One with the sample money, in every billing system; other suites have their own."""
    account = books.add_account()
    put_money(books, account)
    return account


@pytest.fixture
def end(books: SampleBooks) -> datetime:
    """The middle of the period that is running."""
    return books.day(15)


def _opened(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    migrate(engine)
    yield engine
    engine.dispose()
