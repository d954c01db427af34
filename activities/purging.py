"""Counting before, then erasing batch by batch, each only while no hold stands. Source: DOMAIN erasure.3."""

from collections.abc import Sequence
from datetime import datetime

from activities.holders import Holders
from activities.holdings import Holding
from activities.holds import refuse_if_held
from activities.pulse import beat
from connectors.ports.own import CaseStore
from models.effects import PurgeRequest
from models.inventory import Inventory


class Purging:
    """One data set after the other, by one inventory."""

    def __init__(self, store: CaseStore, holders: Holders, inventory: Inventory) -> None:
        self._store, self._holders, self.inventory = store, holders, inventory

    def holding(self, name: str, account: str) -> Holding:
        """What of the account bears that name; raises NotFound or Rejected."""
        return self._holders.holding(name, account, self.inventory)

    def refuse_if_held(self, request: PurgeRequest, names: Sequence[str]) -> None:
        """Raises ApplicationError `HeldByLaw` where a hold freezes one of them now."""
        refuse_if_held(self._store, self.inventory, request.account, names)

    def counted_before(self, request: PurgeRequest, names: Sequence[str], at: datetime) -> list[int]:
        """Kept before the first row goes: after a kill, the second run must not count what the first one left.

        So for all that goes at once: a data set whose turn comes later no longer finds the rows that it had.
        """
        return [self._kept_before(request.model_copy(update={"subject": name}), at) for name in names]

    def erase(self, request: PurgeRequest, name: str, together: Sequence[str]) -> None:
        """Erases what bears that name; holds on all that goes `together` are read before each batch."""
        erased = 0
        beat(name, erased)
        for batch in self.holding(name, request.account).erase(lambda: self.refuse_if_held(request, together)):
            erased += batch
            beat(name, erased)

    def _kept_before(self, request: PurgeRequest, at: datetime) -> int:
        key = f"{request.idempotency_key}:before"
        counted = {"before": self.holding(request.subject, request.account).count()}
        return int(self._store.keep_document(request.case, "purge_before", key, counted, at)["before"])
