"""Builds the database of the sample product, the same for the same day and seed."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy import insert

from devstack.company.access import add_access
from devstack.company.accounts import sample_accounts
from devstack.company.draft import Draft, drafts
from devstack.company.files import add_attachments
from devstack.company.money import add_money
from devstack.company.opening import open_product
from devstack.company.reference import shared_rows
from devstack.company.schema import metadata
from devstack.company.work import add_work


def build_product(url: str, *, anchor: date, seed: int = 7) -> None:
    """Creates the tables in an empty database and fills them: 25 accounts, some 190,000 rows, in seconds.

    All dates are relative to `anchor`, the customers' today. All or nothing: one transaction.
    """
    engine = open_product(url)
    with engine.begin() as connection:
        metadata.create_all(connection)
        for rows in (shared_rows(), *(draft.rows for draft in _filled(anchor, seed))):
            for table in metadata.sorted_tables:
                if rows.get(table.name):
                    connection.execute(insert(table), rows[table.name])
    engine.dispose()


def _filled(anchor: date, seed: int) -> Iterator[Draft]:
    for draft in drafts(sample_accounts(), anchor, seed):
        add_access(draft)
        add_work(draft)
        add_money(draft)
        add_attachments(draft)
        yield draft
