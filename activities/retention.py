"""What was retained goes by itself when its time has come. Source: DOMAIN erasure.1, erasure.4."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from activities.holders import Holders
from activities.holds import held
from activities.purging import Purging
from connectors.errors import Conflict, Rejected
from connectors.ports.own import CaseStore
from models.effects import PurgeRequest, PurgeResult
from models.inventory import DataSet, Inventory
from models.inventory_circles import erased_together
from models.plan import Duties, Plan

ENDED = "retention_end"
"""The kind of document that says what became of a data set whose retention has ended."""


class Retention:
    """Erases one data set at its end, and before it those that point at it and whose end has come, too."""

    def __init__(self, store: CaseStore, holders: Holders, inventory: Inventory) -> None:
        self._store, self._holders, self._inventory = store, holders, inventory

    def end(self, request: PurgeRequest, plan: Plan, at: datetime) -> PurgeResult:
        """Deletes what the plan kept until now; what stands afterwards is of two accounts, and stays by decision.

        Raises:
            ApplicationError: `HeldByLaw`, not retryable: a hold stands on it.
            Rejected: the plan doesn't keep it, or keeps it for longer.
        """
        duties = {duty.name: duty for duty in plan.commitments.data_sets}
        _refuse_unless_over(request.subject, duties, at)
        inventory, order = self._going(request.account, request.subject, plan, at)
        purging = Purging(self._store, self._holders, inventory)
        purging.refuse_if_held(request, order)
        before = purging.counted_before(request, order, at)[-1]
        for name in order:
            purging.erase(request, name, order)
        stands = purging.holding(request.subject, request.account).count()
        result = PurgeResult(name=request.subject, before=before, erased=max(before - stands, 0), kept=stands)
        about = {"ground": duties[request.subject].ground, "after": stands, "root": self._end_root(request, duties)}
        about["root_set"] = root.name if (root := self._root()) else None
        body = {**result.model_dump(mode="json"), **about, "at": at.isoformat()}
        kept = self._store.keep_document(request.case, ENDED, f"{request.idempotency_key}:ended", body, at)
        return PurgeResult.model_validate(kept)

    def hold(self, account: str, subject: str, plan: Plan, at: datetime) -> str | None:
        """The hold that keeps a data set beyond its end, if one does. Source: DOMAIN erasure.3."""
        inventory, order = self._going(account, subject, plan, at)
        found = held(self._store, inventory, account, order)
        return found and found[0]

    def _going(self, account: str, subject: str, plan: Plan, at: datetime) -> tuple[Inventory, list[str]]:
        """The inventory by which what is over is deleted, and what of that goes with the subject, in order."""
        over = [duty.name for duty in plan.commitments.data_sets if duty.until and duty.until <= at]
        inventory = _deleting(self._inventory, over)
        self._holders.holding(subject, account, inventory)  # the inventory must still know it
        return inventory, _order(inventory, subject, over)

    def _end_root(self, request: PurgeRequest, duties: dict[str, Duties]) -> str:
        """The account's own row was masked while retained rows pointed at it; without them it goes, too."""
        root = self._root()
        if root is None or not _only_masked_for_others(root, self._inventory, duties):
            return "stays as the plan says"
        inventory = _deleting(self._inventory, [root.name])
        purging = Purging(self._store, self._holders, inventory)
        if any(purging.holding(each.name, request.account).count() for each in _pointing_at(inventory, root)):
            return "stays while rows point at it"
        purging.refuse_if_held(request, [root.name])
        try:
            purging.erase(request, root.name, [root.name])
        except Conflict:  # a table that the inventory doesn't know
            return "stays while rows point at it"
        return "deleted"

    def _root(self) -> DataSet | None:
        return next((each for each in self._inventory.data_sets if each.table == self._inventory.root), None)


def _refuse_unless_over(name: str, duties: dict[str, Duties], at: datetime) -> None:
    until = duties[name].until if name in duties else None
    if until is None:
        raise Rejected("plan", f"it keeps no data set {name} until a day", "erase only what was approved")
    if at < until:
        raise Rejected("plan", f"{name} is kept until {until.isoformat()}", "wait until then")


def _deleting(inventory: Inventory, names: Iterable[str]) -> Inventory:
    """The same inventory, with another duty for these."""
    over = set(names)
    changed: dict[str, Any] = {"erase": "delete"}
    sets = tuple(each.model_copy(update=changed) if each.name in over else each for each in inventory.data_sets)
    return inventory.model_copy(update={"data_sets": sets})


def _order(inventory: Inventory, subject: str, over: Iterable[str]) -> list[str]:
    """The subject last, before it what leads to it of those whose end has come, in the order of erasure."""
    ended, chosen = set(over), {subject}
    for name in [each.name for each in erased_together(inventory, inventory.data_set(subject))]:
        chosen |= {name} & ended
    waiting = list(chosen)
    while waiting:
        here = inventory.data_set(waiting.pop())
        news = {each.name for each in _pointing_at(inventory, here)} & ended - chosen
        chosen |= news
        waiting += news
    return [*(each.name for each in inventory.data_sets if each.name in chosen - {subject}), subject]


def _pointing_at(inventory: Inventory, parent: DataSet) -> list[DataSet]:
    others = (each for each in inventory.data_sets if each.name != parent.name)
    return [each for each in others if any(hop.parent == parent.table for hop in (*each.hops, *each.ignored))]


def _only_masked_for_others(root: DataSet, inventory: Inventory, duties: dict[str, Duties]) -> bool:
    duty = duties.get(root.name)
    if root.erase != "mask" or duty is None or duty.until is not None:
        return False
    return any(each.name in duties and duties[each.name].until for each in _pointing_at(inventory, root))
