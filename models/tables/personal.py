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

    def in_clear(self, column: str, value: Any) -> Any:  # noqa: ARG002  # of JSON some may be; tables say what
        """What of a value anybody may read for ever: of text nothing."""
        return None if inspect(type(self)).columns[column].nullable else ""

    def without_key(self, column: str, value: Any) -> Any:
        """What is kept of a value for which there's no key any more."""
        return self.in_clear(column, value)


def account_of(case: str) -> str:
    """The account of a case; its id is `<account>-<n>`. Source: CONTRACTS, Temporal."""
    return case.rpartition("-")[0]


def only_named(value: Any, named: frozenset[str]) -> Any:
    """JSON with what stands under these names, and of the rest figures alone: every other text is emptied."""
    if isinstance(value, dict):
        return {name: part if name in named else only_named(part, named) for name, part in value.items()}
    if isinstance(value, list):
        return [only_named(part, named) for part in value]
    return "" if isinstance(value, str) else value
