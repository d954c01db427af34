"""Proves that an account's rows are those of an earlier instant, by which transactions wrote them.

The argument, and what it rests on, is told in docs/one-instant.md.
"""

from collections.abc import Iterator

from sqlalchemy import BigInteger, ColumnElement, Connection, Text, and_, cast, exists, select

from connectors.product_form import form_of
from connectors.product_instant import Instant
from connectors.reach import reach
from connectors.reach_flow import flows_to
from models.inventory import DataSet, Inventory

_LAST = 0xFFFF_FFFF
_FIRST_ORDINARY = 3  # lower numbers stand for "before all others"


def depended_on(inventory: Inventory, data_set: DataSet) -> list[DataSet]:
    """The data set, and those whose rows decide which of its rows are the account's."""
    flows = flows_to(inventory, data_set)
    tables = {data_set.table, *(flow.source for flow in (*flows.own, *flows.outward, *flows.shared))}
    return [each for each in (*inventory.data_sets, *inventory.reference_sets) if each.table in tables]


def proven(
    connection: Connection, instants: tuple[Instant, Instant], inventory: Inventory, data_set: DataSet, root_key: str
) -> bool:
    """Whether no row that makes the data set what it is was written after the first of the instants.

    The connection reads the second. Where rows of other accounts decide too (`keep`), nothing is proven.
    """
    then, now = instants
    sets = depended_on(inventory, data_set)
    if not now.sees_all_of(then) or any(each.of_two == "keep" for each in sets):
        return False
    since = Since(then.xmin, now.xmax)
    if any(since.wrote(xmin) for *_, xmin in form_of(connection, (each.table for each in sets))):
        return False
    return not any(connection.scalar(select(wrote)) for wrote in _writings(since, inventory, sets, root_key))


def _writings(
    since: "Since", inventory: Inventory, sets: list[DataSet], root_key: str
) -> Iterator[ColumnElement[bool]]:
    for each in sets:
        way = reach(inventory, each, root_key, ["xmin"])
        (xmin,) = way.these(["xmin"])
        yield exists(way.select(xmin).where(since.wrote_row(cast(cast(xmin, Text), BigInteger))))


class Since:
    """Transactions that may have ended after an instant, told from the 32 bits that a row keeps of their number.

    A row that we see was written before `end`, so the nearest number before it is taken: the true one is that or, in
    rows that are frozen, one long before.
    """

    def __init__(self, begin: int, end: int) -> None:
        """From the first transaction that hadn't ended at the earlier instant, to the first that we don't see."""
        self._begin, self._end = begin, end

    def wrote(self, xmin: int) -> bool:
        """Whether it may be one of them."""
        return xmin >= _FIRST_ORDINARY and ((self._end - 1 - xmin) & _LAST) < self._end - self._begin

    def wrote_row(self, xmin: ColumnElement[int]) -> ColumnElement[bool]:
        """The same in SQL."""
        before = (self._end - 1 - xmin).bitwise_and(_LAST)
        return and_(xmin >= _FIRST_ORDINARY, before < self._end - self._begin)
