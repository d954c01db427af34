"""Rows about a customer, whose personal columns are sealed at rest. Source: DOMAIN erasure.6; DESIGN, Security."""

from typing import Any, ClassVar

from sqlalchemy import inspect

from models.keys import KeyScope
from models.tables.form import Row


class OfCustomer(Row):
    """A row about a customer: what the columns in `__personal__` hold is in the database as ciphertext alone.

    Everything that people wrote freely belongs among them. Once the customer's key is destroyed they read as erased.
    """

    __personal__: ClassVar[tuple[str, ...]] = ()

    def key_scopes(self) -> tuple[KeyScope, ...]:
        """Whose key seals the row: the first that hasn't been destroyed."""
        return (KeyScope.of_account(self.account),)  # type: ignore[attr-defined]  # most have one; others override

    @classmethod
    def in_clear(cls, column: str, value: Any) -> Any:  # noqa: ARG003  # of JSON some may be; tables say what
        """What of a value anybody may read for ever: of text nothing."""
        return None if inspect(cls).columns[column].nullable else ""

    def without_key(self, column: str, value: Any) -> Any:
        """What is kept of a value for which there's no key any more."""
        return self.in_clear(column, value)


def account_of(case: str) -> str:
    """The account of a case; its id is `<account>-<n>`. Source: CONTRACTS, Temporal."""
    return case.rpartition("-")[0]


def without_texts(value: Any, free: frozenset[str]) -> Any:
    """JSON as it was, with every text under one of these names emptied: figures, ids, times stay."""
    if isinstance(value, dict):
        return {
            name: "" if name in free and isinstance(part, str) else without_texts(part, free)
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [without_texts(part, free) for part in value]
    return value
