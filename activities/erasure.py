"""Erasure: past the pivot, data set by data set, in the order of the plan, then counted again.

Source: DOMAIN erasure.3, erasure.4, erasure.7.
"""

from datetime import datetime

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.holdings import FILES, OWN, Holding, Objects, Records, Rows, Users
from activities.pulse import beat
from connectors.errors import NotFound, Rejected
from connectors.ports import AccessSystem, CaseStore, Directory, IdentitySystem, ObjectStore, ProductDatabase
from models.effects import PurgeRequest, PurgeResult, RecountRequest, RecountResult
from models.inventory import Inventory
from models.inventory_circles import erased_together
from models.plan import Duties, Plan

HELD_BY_LAW = "HeldByLaw"
"""The type of the failure that a standing hold makes of a purge: never retried, it parks the case."""


class ErasureActivities:
    """Purges and recounts. A second run erases what the first one left, and answers with the first one's count."""

    def __init__(
        self,
        *,
        product: ProductDatabase,
        objects: ObjectStore,
        directory: Directory,
        identity: IdentitySystem,
        access: AccessSystem,
        store: CaseStore,
        inventory: Inventory,
        files_bucket: str | None,
        export_bucket: str,
    ) -> None:
        self._product, self._objects, self._directory = product, objects, directory
        self._identity, self._access, self._store = identity, access, store
        self._inventory, self._files_bucket, self._export_bucket = inventory, files_bucket, export_bucket

    @activity.defn(name="purge")
    def purge(self, request: PurgeRequest) -> PurgeResult:
        """Erases the data set that `subject` names, as the approved plan says.

        Raises:
            ApplicationError: `HeldByLaw`, not retryable: a hold covers it. It's looked for before every batch.
            Rejected: the plan doesn't know it, or the inventory says otherwise by now.
        """
        at = activity.info().scheduled_time
        duty = self._duty(request, request.subject)
        holding = self._holding(duty.name, request.account)
        together = [duty.name] if duty.erase == "retain" else self._together(request)
        self._refuse_if_held(request, together)
        before = self._count_before(request, together, at)
        if duty.erase != "retain":
            self._erase(request, holding, together)
        result = _result(duty, before, holding)
        body = {**result.model_dump(mode="json"), "at": at.isoformat()}
        kept = self._store.keep_document(request.case, "purge", request.idempotency_key, body, at)
        return PurgeResult.model_validate(kept)

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
            holding = self._holding(duty.name, request.account)
            counts[duty.name] = holding.count()
            if found := holding.left():
                left[duty.name] = found
        result = RecountResult(counted=len(counts), left=left)
        if not left:
            body = {**result.model_dump(mode="json"), "counts": counts}
            at = activity.info().scheduled_time
            self._store.keep_document(request.case, "recount", request.idempotency_key, body, at)
        return result

    def _together(self, request: PurgeRequest) -> list[str]:
        """The subject first, then the data sets that go in the same transaction: all are in the plan."""
        data_set = next((each for each in self._inventory.data_sets if each.name == request.subject), None)
        others = erased_together(self._inventory, data_set)[1:] if data_set else ()
        return [request.subject, *(self._duty(request, each.name).name for each in others)]

    def _count_before(self, request: PurgeRequest, together: list[str], at: datetime) -> int:
        """Kept before the first row goes: after a kill, the second run must not count what the first one left.

        So for all that goes at once: a data set whose turn comes later no longer finds the rows that it had.
        """
        counts = [self._kept_before(request.model_copy(update={"subject": name}), at) for name in together]
        return counts[0]

    def _kept_before(self, request: PurgeRequest, at: datetime) -> int:
        key = f"{request.idempotency_key}:before"
        counted = {"before": self._holding(request.subject, request.account).count()}
        return int(self._store.keep_document(request.case, "purge_before", key, counted, at)["before"])

    def _erase(self, request: PurgeRequest, holding: Holding, together: list[str]) -> None:
        erased = 0
        beat(request.subject, erased)
        for batch in holding.erase():
            erased += batch
            beat(request.subject, erased)
            self._refuse_if_held(request, together)

    def _refuse_if_held(self, request: PurgeRequest, together: list[str]) -> None:
        for hold in self._store.holds(request.account):
            covered = [name for name in together if not hold["data_sets"] or name in hold["data_sets"]]
            if covered:
                raise ApplicationError(
                    f"hold {hold['id']} covers {covered[0]}",
                    {"hold": hold["id"], "what": f"a legal hold covers {covered[0]}", "fix": "release it first"},
                    type=HELD_BY_LAW,
                    non_retryable=True,
                )

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

    def _holding(self, name: str, account: str) -> Holding:
        try:
            if name.startswith(OWN):
                return self._own(name.removeprefix(OWN), account)
            root_key = self._directory.facts(account).account.root_key
            if name.startswith(FILES):
                return self._files(name.removeprefix(FILES), root_key)
            return Rows(self._product, self._inventory, self._inventory.data_set(name), root_key)
        except KeyError:
            raise NotFound("inventory", f"no data set {name}", "give it back to the inventory") from None

    def _files(self, name: str, root_key: str) -> Objects:
        prefix = {f.name: f.prefix for f in self._inventory.file_sets}[name]
        if not self._files_bucket:
            raise Rejected("settings", "there are file sets, but no bucket", "set FAREWELL_S3_FILES_BUCKET")
        return Objects(self._objects, self._files_bucket, prefix.format(account=root_key))

    def _own(self, name: str, account: str) -> Holding:
        if name == "package":
            return Objects(self._objects, self._export_bucket, f"{account}/")
        if name == "users":
            return Users(self._identity, self._access, account)
        return Records(self._directory, account, name)


def _result(duty: Duties, before: int, holding: Holding) -> PurgeResult:
    if duty.erase != "delete":
        return PurgeResult(name=duty.name, before=before, erased=0, kept=before)
    stands = holding.count()
    # What stands and isn't left over is of two accounts, and stays by decision.
    kept = stands - holding.left() if stands else 0
    return PurgeResult(name=duty.name, before=before, erased=max(before - stands, 0), kept=kept)
