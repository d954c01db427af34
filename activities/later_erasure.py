"""What is still to be erased once the exit is over, and what may stand in its way.

Source: DOMAIN erasure.1, erasure.3, stages.3.
"""

from temporalio import activity

from activities.asking import Asking
from activities.holders import Holders
from activities.holds import any_hold, held
from activities.retention import Retention
from activities.returned import has_returned
from connectors.errors import Rejected
from connectors.ports.outside import SubProcessors
from connectors.ports.own import CaseStore, Directory
from models.closing import Obstacles, ObstaclesRequest
from models.effects import ProcessorRequest, ProcessorResult, PurgeRequest, PurgeResult, RecountRequest
from models.inventory import Inventory
from models.plan import Duties, Plan
from models.vocabulary import OWN_USERS, PROCESSORS


class LaterErasure:
    """Sub-processors that haven't confirmed, sets whose retention ends; a second run answers as the first one did."""

    def __init__(
        self,
        *,
        store: CaseStore,
        directory: Directory,
        processors: SubProcessors,
        holders: Holders,
        inventory: Inventory,
    ) -> None:
        self._store, self._directory, self._inventory = store, directory, inventory
        self._retention = Retention(store, holders, inventory)
        self._asking = Asking(store, directory, processors, inventory)

    @activity.defn(name="chase_processor")
    def chase_processor(self, request: ProcessorRequest) -> ProcessorResult:
        """Asks a sub-processor again, unless it has confirmed, or a hold stands. Source: DOMAIN stages.3, erasure.3."""
        name = request.subject.removeprefix(PROCESSORS)
        if held(self._store, self._inventory, request.account, [PROCESSORS + name]):
            stands = self._asking.standing(request.case, name)
        else:
            stands = self._asking.ask(request, name, activity.info().scheduled_time)
        if stands is None:
            return ProcessorResult(name=name, asked=0, confirmed=False)
        confirmed = stands.confirmed_at is not None
        return ProcessorResult(name=name, asked=stands.asked, confirmed=confirmed, reference=stands.reference)

    @activity.defn(name="erase_retained")
    def erase_retained(self, request: PurgeRequest) -> PurgeResult:
        """Deletes the data set that the plan kept until now; its answer is that of the first run.

        Raises:
            ApplicationError: `HeldByLaw`, not retryable: a hold stands on it. Rejected: it isn't time.
        """
        self._duty(request, request.subject)
        return self._retention.end(request, self._plan(request), activity.info().scheduled_time)

    @activity.defn(name="obstacles")
    def obstacles(self, request: ObstaclesRequest) -> Obstacles:
        """What stands in the way of a watch, or of the key's end: a question, no effect, hence no ledger entry.

        Source: DOMAIN erasure.3, messages.9.
        """
        back = has_returned(self._store, self._directory, request.account, request.case)
        return Obstacles(hold=self._hold_on(request), returned=back)

    def _hold_on(self, request: ObstaclesRequest) -> str | None:
        """A hold freezes users who are back to life, too; a sub-processor's is looked at by the chase itself."""
        if request.watch is None:
            return any_hold(self._store, request.account)
        if request.watch.kind == "retained":
            plan, at = self._store.plan(request.case, request.plan_hash), activity.info().scheduled_time
            return self._retention.hold(request.account, request.watch.subject, plan, at)
        names = [OWN_USERS] if request.watch.kind == "scan" else []
        found = held(self._store, self._inventory, request.account, names)
        return found and found[0]

    def _plan(self, request: PurgeRequest | RecountRequest) -> Plan:
        return self._store.plan(request.case, request.plan_hash)

    def _duty(self, request: PurgeRequest, name: str) -> Duties:
        """What the plan promised, which the inventory may not have changed since."""
        duty = next((d for d in self._plan(request).commitments.data_sets if d.name == name), None)
        if duty is None:
            raise Rejected("plan", f"it has no data set {name}", "purge only what was approved")
        now = next((d.erase for d in self._inventory.data_sets if d.name == duty.name), duty.erase)
        if now != duty.erase:
            what = f"the plan says {duty.erase} {duty.name}, the inventory now says {now}"
            raise Rejected("inventory", what, "give the inventory back the duty that was approved")
        return duty
