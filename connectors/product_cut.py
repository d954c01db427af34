"""Hands over rows of two accounts: cuts them off the account that leaves, so that only the other one has them."""

from sqlalchemy import null

from connectors.errors import Rejected
from connectors.product_row import Target
from connectors.product_sql import among
from connectors.product_strike import strike
from connectors.reach import of_two_accounts, reach
from models.hop import Hop


def cut_off(target: Target, limit: int) -> int:
    """Sets to NULL what leads up to `limit` rows to rows that are this account's alone; 0 means done.

    What leads to a row of two accounts stays: it's the other one's, once that row is handed over.

    Raises:
        Rejected: a column can't be NULL.
    """
    if target.data_set.of_two != "hand_over":
        return 0
    return next(filter(None, (_cut(target, hop, limit) for hop in target.data_set.hops)), 0)


def _cut(target: Target, hop: Hop, limit: int) -> int:
    asked = dict.fromkeys([*target.row, *hop.child_columns])
    shared = of_two_accounts(target.inventory, target.data_set, target.root_key, asked, dialect=target.dialect)
    if shared is None:
        return 0
    parent = next(each for each in target.inventory.data_sets if each.table == hop.parent)
    alone = reach(target.inventory, parent, target.root_key, hop.parent_columns, alone=True, dialect=target.dialect)
    leads = among(shared.these(hop.child_columns), alone.select(*alone.these(hop.parent_columns)))
    chosen = shared.select(*shared.these(target.row)).where(leads).limit(limit)
    free = target.loose(hop)
    if not free:
        _refuse(target, hop, met=target.connection.execute(chosen).first() is not None)
        return 0
    blow = strike(target.connection)
    blow.change(target.named(), target.row, blow.take(chosen), {name: null() for name in free})
    return blow.done()


def _refuse(target: Target, hop: Hop, *, met: bool) -> None:
    if met:
        what = f"rows of {target.data_set.name} can't be handed over: {hop} can't be NULL"
        raise Rejected("inventory", what, 'make the column nullable, or choose `of_two = "keep"`')
