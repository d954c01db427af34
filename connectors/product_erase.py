"""Erases rows of an account: batch by batch, or all at once where rows point at each other in a circle.

A row under a row of its own table may be the account's by that one alone: batches would cut it off before its turn.
Rows that another account reaches too are never erased: they stay, or are cut off this account.
"""

from sqlalchemy import Connection, func

from connectors.errors import Rejected
from connectors.product_cascade import refuse_cascade
from connectors.product_cut import cut_off
from connectors.product_row import Target
from connectors.product_sql import value
from connectors.product_strike import Strike, strike
from connectors.reach import of_two_accounts
from connectors.reach_two import only_one_way
from models.inventory import DataSet, Inventory
from models.inventory_circles import erased_together

BATCHES_A_WALK = 5


def erase(connection: Connection, inventory: Inventory, data_set: DataSet, root_key: str, limit: int) -> int:
    """Deletes, masks or cuts off up to `limit` rows, or all of a circle; 0 means done.

    Where rows are the account's in several ways it costs a walk to find them: there a batch is larger.

    Raises:
        Rejected: a key isn't unique, or rows of two accounts are met of which nobody decided.
        Conflict: a foreign key holds a row, or would take rows along that must stay.
    """
    if data_set.erase == "retain":
        return 0
    targets = [Target.of(connection, inventory, each, root_key) for each in erased_together(inventory, data_set)]
    for target in targets:
        if cut := cut_off(target, limit):
            return cut
    walks = 1 if only_one_way(inventory, data_set) else BATCHES_A_WALK
    at_once = len(targets) > 1 or (data_set.erase == "delete" and targets[0].own_keys)
    erased = _struck(strike(connection), targets, None if at_once else limit * walks)
    if not erased:
        _refuse_undecided(targets)
    return erased


def _struck(blow: Strike, targets: list[Target], limit: int | None) -> int:
    due = [(target, blow.take(target.due(target.pointed_at).limit(limit))) for target in targets]
    for target, taken in due:
        refuse_cascade(target, taken, {each.data_set.table: (each, rows) for each, rows in due})
    for target, taken in due:
        if target.data_set.erase == "delete":
            blow.delete(target.named(), target.row, taken)
        else:
            hidden = {name: value(masked) for name, masked in target.data_set.mask.items()}
            blow.change(target.named(), target.row, taken, hidden)
    return blow.done()


def _refuse_undecided(targets: list[Target]) -> None:
    for each in targets:
        if each.data_set.of_two == "block":
            shared = of_two_accounts(each.inventory, each.data_set, each.root_key, dialect=each.dialect)
            if shared and each.connection.scalar(shared.select(func.count())):
                what = f"rows of {each.data_set.name} are of two accounts, and nobody decided what becomes of them"
                raise Rejected("product database", what, f"set `of_two` of {each.data_set.name} in the inventory")
