"""Fills Farewell's own tables from the product database, as an import of real accounts would."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from sqlalchemy import Engine
from sqlmodel import Session

from devstack.company.accounts import Account, Person, sample_accounts
from devstack.company.contracts import contracts
from devstack.company.names import mailbox
from devstack.company.opening import open_product
from devstack.company.people import MANAGER, PEOPLE
from devstack.company.reference import SEAT_MONTH
from devstack.company.seeding_access import access_rows
from devstack.company.seeding_billing import billing_rows
from devstack.company.terms import customer_since
from models.tables.accounts import (
    AccountRow,
    AccountStateRow,
    BlockingFactRow,
    ContactRow,
    PersonRow,
)
from models.tables.form import Row

_YEAR_COSTS = {"month": 12, "year": 10}


def seed(store: Engine, product_url: str, *, anchor: date) -> None:
    """Fills the built-in tables of a fresh, migrated database, in one transaction.

    Args:
        store: Farewell's own database.
        product_url: what `build_product` made for the same `anchor`.
        anchor: the customers' today.
    """
    product = open_product(product_url)
    with Session(store) as session, session.begin(), product.connect() as connection:
        session.add_all(_people())
        session.add_all([_account(account, anchor) for account in sample_accounts()])
        session.flush()
        session.add_all([row for account in sample_accounts() for row in _agreement(account, anchor)])
        for rows in (*access_rows(connection), *billing_rows(connection, anchor)):
            session.add_all(rows)
            session.flush()
    product.dispose()


def _people() -> list[PersonRow]:
    return [PersonRow(id=each.id, name=each.name, email=each.email, roles=[each.role.value]) for each in PEOPLE]


def _account(account: Account, anchor: date) -> AccountRow:
    place, terms = account.place, account.terms
    month = Decimal(SEAT_MONTH[terms.plan][terms.currency]) * terms.seats
    return AccountRow(
        id=account.id,
        name=account.name,
        country=place.country,
        timezone=place.timezone,
        currency=terms.currency,
        language=place.language,
        jurisdiction=account.jurisdiction,
        manager=MANAGER,
        customer_since=customer_since(account, anchor),
        yearly_value=month * _YEAR_COSTS[terms.interval],
        product_root_key=account.id,
    )


def _agreement(account: Account, anchor: date) -> Iterator[Row]:
    """What hangs on an account besides access and money."""
    main = _contact(account, "main", account.main)
    billing = _contact(account, "billing", account.billing or account.main)
    yield from (main, billing, AccountStateRow(account=account.id), *contracts(account, anchor, main.id))
    for index, fact in enumerate(account.blocking):
        yield BlockingFactRow(id=f"{account.id}-blocking-{index + 1}", account=account.id, **fact)


def _contact(account: Account, kind: str, person: Person) -> ContactRow:
    return ContactRow(
        id=f"{account.id}-{kind}",
        account=account.id,
        kind=kind,
        name=person.name,
        email=f"{mailbox(person.name)}@{account.domain}",
        phone=person.phone,
        language=account.place.language,
        channel=person.channel,
        timezone=account.place.timezone,
        come_back=person.come_back,
    )
