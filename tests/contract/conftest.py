"""Farewell's own database on both systems, one each for all tests: use account ids of your own.

What is personal is sealed; in PostgreSQL we come as a role that may only add to the ledger and read it.
"""

import base64
import secrets
from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import Engine, make_url, text

from connectors.keys import FolderKeyStore
from connectors.store.engine import migrate, open_engine
from connectors.store.roles import grant
from devstack.scim import ScimServer, running_scim
from tests.contract.people import BuiltinPeople, People, ScimPeople
from tests.contract.sample_books import BuiltinBooks, SampleBooks
from tests.contract.sample_money import put_money
from tests.contract.scim_faulty import Faulty, behind_a_proxy
from tests.contract.stripe_books import StripeBooks, running_stripe

ROLE = "farewell_application"


@pytest.fixture(scope="session")
def store_keys(tmp_path_factory: pytest.TempPathFactory) -> FolderKeyStore:
    """Those of both databases."""
    return FolderKeyStore(tmp_path_factory.mktemp("keys"), base64.b64encode(secrets.token_bytes(32)).decode())


@pytest.fixture(scope="session")
def sqlite_engine(tmp_path_factory: pytest.TempPathFactory, store_keys: FolderKeyStore) -> Iterator[Engine]:
    """Migrated, and with nobody in it."""
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('store')}/farewell.db", store_keys)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def owner_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """PostgreSQL as the owner of the tables, who has granted the application's role what it needs."""
    engine = open_engine(request.getfixturevalue("postgres").url)
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{ROLE}'"))
    grant(engine, ROLE)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgresql_engine(owner_engine: Engine, store_keys: FolderKeyStore) -> Iterator[Engine]:
    """The same as the application's role; with nobody in it."""
    url = make_url(owner_engine.url).set(username=ROLE, password=ROLE)
    engine = open_engine(url.render_as_string(hide_password=False), store_keys)
    yield engine
    engine.dispose()


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


@pytest.fixture(scope="session")
def scim_server() -> Iterator[ScimServer]:
    """A real SCIM server, with nobody in it."""
    with running_scim() as server:
        yield server


@pytest.fixture(scope="session")
def plain_scim_server() -> Iterator[ScimServer]:
    """One that has neither Bulk nor ETags, and doesn't sort."""
    with running_scim(bulk=False, etag=False, sort=False) as server:
        yield server


@pytest.fixture
def sqlite_people(sqlite_engine: Engine) -> People:
    return BuiltinPeople(sqlite_engine)


@pytest.fixture
def postgresql_people(postgresql_engine: Engine) -> People:
    return BuiltinPeople(postgresql_engine)


@pytest.fixture
def scim_people(scim_server: ScimServer, sqlite_engine: Engine) -> ScimPeople:
    return ScimPeople(scim_server, sqlite_engine)


@pytest.fixture
def plain_scim_people(plain_scim_server: ScimServer, postgresql_engine: Engine) -> ScimPeople:
    return ScimPeople(plain_scim_server, postgresql_engine)


@pytest.fixture
def bulk(scim_people: ScimPeople) -> Iterator[Faulty]:
    with behind_a_proxy(scim_people, bulk=True) as found:
        yield found


@pytest.fixture
def plain(plain_scim_people: ScimPeople) -> Iterator[Faulty]:
    with behind_a_proxy(plain_scim_people, bulk=False) as found:
        yield found


@pytest.fixture(params=["bulk", "plain"])
def faulty(request: pytest.FixtureRequest) -> Faulty:
    """Both, one after the other."""
    return request.getfixturevalue(request.param)


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
