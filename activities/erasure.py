"""Erasure: past the pivot, data set by data set, in the order of the plan, then counted again.

Source: DOMAIN erasure.3, erasure.4, erasure.7.
"""

from datetime import datetime

from temporalio import activity

from activities.holders import Holders
from activities.holdings import Holding
from activities.holds import held
from activities.later_erasure import LaterErasure
from activities.pulse import beat
from activities.purging import Purging
from connectors.ports.access import AccessSystem, IdentitySystem
from connectors.ports.outside import SubProcessors
from connectors.ports.own import CaseStore, Directory
from connectors.ports.product import ProductDatabase
from connectors.ports.storage import ObjectStore
from models.effects import PurgeRequest, PurgeResult, RecountRequest, RecountResult
from models.inventory import Inventory
from models.inventory_circles import erased_together
from models.plan import Duties, made_by_us
from models.vocabulary import PROCESSORS


class ErasureActivities(LaterErasure):
    """Purges and recounts. A second run erases what the first one left, and answers with the first one's count."""

    def __init__(
        self,
        *,
        product: ProductDatabase,
        objects: ObjectStore,
        directory: Directory,
        identity: IdentitySystem,
        access: AccessSystem,
        processors: SubProcessors,
        store: CaseStore,
        inventory: Inventory,
        files_bucket: str | None,
        export_bucket: str,
    ) -> None:
        holders = Holders(
            product=product,
            objects=objects,
            directory=directory,
            identity=identity,
            access=access,
            files_bucket=files_bucket,
            export_bucket=export_bucket,
        )
        super().__init__(store=store, directory=directory, processors=processors, holders=holders, inventory=inventory)
        self._purging = Purging(store, holders, inventory)

    @activity.defn(name="purge")
    def purge(self, request: PurgeRequest) -> PurgeResult:
        """Erases the data set that `subject` names, as the approved plan says; a sub-processor is asked to.

        Raises:
            ApplicationError: `HeldByLaw`, not retryable: a hold covers it. It's looked for before every batch.
            Rejected: the plan doesn't know it, or the inventory says otherwise by now.
        """
        at = activity.info().scheduled_time
        duty = self._duty(request, request.subject)
        together = [duty.name] if duty.erase == "retain" else self._together(request)
        self._purging.refuse_if_held(request, together)
        result = self._asked(request, at) if duty.name.startswith(PROCESSORS) else self._done(request, duty, together)
        body = {**result.model_dump(mode="json"), "at": at.isoformat()}
        kept = self._store.keep_document(request.case, "purge", request.idempotency_key, body, at)
        return PurgeResult.model_validate(kept)

    @activity.defn(name="purge_own")
    def purge_own(self, request: PurgeRequest) -> PurgeResult:
        """Erases all that we made ourselves, set by set as `purge` does; what a hold freezes last of all, by failing.

        Source: DOMAIN erasure.7.

        Raises:
            What `purge` raises.
        """
        names = [duty.name for duty in self._plan(request).commitments.data_sets if made_by_us(duty.name)]
        return self._each(request, "own", names)

    @activity.defn(name="count_retained")
    def count_retained(self, request: PurgeRequest) -> PurgeResult:
        """Counts all that the plan keeps, set by set as `purge` does, before anything that leads to it goes.

        Source: DOMAIN erasure.1, erasure.4.

        Raises:
            What `purge` raises.
        """
        names = [duty.name for duty in self._plan(request).commitments.data_sets if duty.erase == "retain"]
        return self._each(request, "retained", names)

    @activity.defn(name="recount")
    def recount(self, request: RecountRequest) -> RecountResult:
        """Counts everything in the plan again; `counted` is how many data sets that were.

        Only a count that found nothing left is kept as the document `recount`, with `counts` by name: what is
        found is mended and counted again under the same key.
        """
        counts: dict[str, int] = {}
        left: dict[str, int] = {}
        for duty in self._plan(request).commitments.data_sets:
            beat(duty.name)
            holding = self._purging.holding(duty.name, request.account)
            counts[duty.name] = holding.count()
            if found := holding.left():
                left[duty.name] = found
        result = RecountResult(counted=len(counts), left=left)
        if not left:
            body = {**result.model_dump(mode="json"), "counts": counts}
            at = activity.info().scheduled_time
            self._store.keep_document(request.case, "recount", request.idempotency_key, body, at)
        return result

    def _each(self, request: PurgeRequest, name: str, names: list[str]) -> PurgeResult:
        """One after the other, each under the key that it would have by itself; what a hold freezes last."""
        asked = [request.model_copy(update={"step": "purge", "subject": subject}) for subject in names]
        free = [each for each in asked if not held(self._store, self._inventory, request.account, [each.subject])]
        gone = [self.purge(each) for each in (*free, *(each for each in asked if each not in free))]
        before, erased, kept = (
            sum(counts) for counts in zip(*((x.before, x.erased, x.kept) for x in gone), strict=True)
        )
        return PurgeResult(name=name, before=before, erased=erased, kept=kept)

    def _asked(self, request: PurgeRequest, at: datetime) -> PurgeResult:
        """It goes on without waiting: the closing asks again until it's confirmed."""
        name = request.subject.removeprefix(PROCESSORS)
        erased = self._asking.ask(request, name, at).erased or 0
        return PurgeResult(name=request.subject, before=erased, erased=erased, kept=0)

    def _done(self, request: PurgeRequest, duty: Duties, together: list[str]) -> PurgeResult:
        before = self._purging.counted_before(request, together, activity.info().scheduled_time)[0]
        if duty.erase != "retain":
            self._purging.erase(request, duty.name, together)
        return _result(duty, before, self._purging.holding(duty.name, request.account))

    def _together(self, request: PurgeRequest) -> list[str]:
        """The subject first, then the data sets that go in the same transaction: all are in the plan."""
        data_set = next((each for each in self._inventory.data_sets if each.name == request.subject), None)
        others = erased_together(self._inventory, data_set)[1:] if data_set else ()
        return [request.subject, *(self._duty(request, each.name).name for each in others)]


def _result(duty: Duties, before: int, holding: Holding) -> PurgeResult:
    if duty.erase != "delete":
        return PurgeResult(name=duty.name, before=before, erased=0, kept=before)
    stands = holding.count()
    # What stands and isn't left over is of two accounts, and stays by decision.
    kept = stands - holding.left() if stands else 0
    return PurgeResult(name=duty.name, before=before, erased=max(before - stands, 0), kept=kept)
