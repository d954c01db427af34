"""What is watched after the seal: each watch ends in a ledger entry and a sealed supplement. Source: DESIGN, Workflows.

DOMAIN identity.3 (scan), money.9 (charges), stages.3 (sub-processors), erasure.1 (retained sets), erasure.5 (backups).
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.access import AccessActivities
    from activities.billing import BillingActivities
    from activities.erasure import ErasureActivities
    from activities.evidence import EvidenceActivities
    from models.effects import (
        ChargeWatchRequest,
        ChargeWatchResult,
        ClosingRequest,
        ClosingState,
        ProcessorRequest,
        ProcessorResult,
        PurgeRequest,
        PurgeResult,
        ScanResult,
        SupplementRequest,
        Watch,
        WatchPlan,
    )
    from models.payload import EffectRequest
    from workflows.closing_steps import AN_HOUR, ClosingSteps
    from workflows.retries import OUTSIDE
    from workflows.scanning import alive
    from workflows.words import cause_of

AFTER_THE_END = "after-the-end"  # the case's own looks for charges have bare keys
YES, NO, NOTHING = "yes", "no", "nothing"
Told = dict[str, str]


class Watching(ClosingSteps):
    """One watch at a time, by its instant; one that fails is tried again after an hour and holds up no other."""

    def __init__(self, request: ClosingRequest, state: ClosingState) -> None:
        """A word that comes before there is a plan is heard when there is one."""
        self._told_of: tuple[str, ...] = ()
        super().__init__(request, state)

    @workflow.signal(name="processor_confirmed")
    def processor_confirmed(self, name: str) -> None:
        """A person has recorded that this sub-processor has erased all: it is looked at now."""
        self._told_of = (*self._told_of, name)
        self._hasten(name)

    def _hasten(self, name: str) -> None:
        now = {"at": workflow.now()}
        self._keep(
            watches=tuple(
                each.model_copy(update=now) if (each.kind, each.subject) == ("chase", name) else each
                for each in self._state.watches
            )
        )

    def _begin_to_watch(self, plan: WatchPlan) -> None:
        self._keep(watches=tuple(_numbered(plan.watches)))
        for name in self._told_of:
            self._hasten(name)

    async def _watch(self) -> None:
        """Until nothing is left to be watched."""
        while self._state.watches:
            watch = min(self._state.watches, key=lambda each: each.at)
            if watch.at > workflow.now():
                self._continue_if_long()
                await self._until(watch)
            else:
                await self._look(watch)

    async def _until(self, watch: Watch) -> None:
        """Its instant, or somebody's word."""
        self._tell(f"watched until {watch.at:%Y-%m-%d %H:%M %Z}: {_name(watch)}")
        before = self._state.watches
        try:
            await workflow.wait_condition(
                lambda: self._state.watches != before,
                timeout=watch.at - workflow.now(),
                timeout_summary=f"until: {_name(watch)}",
            )
        except TimeoutError:
            return

    async def _look(self, watch: Watch) -> None:
        """Does what is due and seals what has come of it; a failure is told, and tried again."""
        self._tell(_name(watch))
        try:
            told = await self._looks()[watch.kind](watch)
        except ActivityError as error:
            cause, fix = cause_of(error)
            self._find(watch, f"failed: {cause}; {fix}; tried again each hour")
            self._replace(watch, watch.model_copy(update={"at": workflow.now() + AN_HOUR}))
        else:
            await self._seal(watch, told)

    async def _seal(self, watch: Watch, told: Told) -> None:
        number = self._state.supplements + 1
        request = self._ask_evidence(
            SupplementRequest, "seal_supplement", subject=watch.kind, generation=number, watch=watch, result=told
        )
        await self._do(EvidenceActivities.seal_supplement, request)
        self._keep(supplements=number)
        next_at = workflow.now() + timedelta(days=watch.every_days)
        later = watch.model_copy(update={"at": next_at, "turn": watch.turn + 1})
        self._replace(watch, later if told.get("confirmed") == NO else None)

    # -- the looks

    def _looks(self) -> dict[str, Callable[[Watch], Awaitable[Told]]]:
        return {
            "scan": self._scan,
            "charges": self._look_for_charges,
            "chase": self._chase,
            "backups": self._backups_expired,
            "retained": self._erase_retained,
        }

    async def _scan(self, watch: Watch) -> Told:
        """Whatever lives again is deleted by now. Source: DOMAIN identity.3."""
        request = self._ask(EffectRequest, "scan_after_end", generation=watch.turn)
        result: ScanResult = await self._tried(AccessActivities.scan_after_end, request, OUTSIDE)
        self._find(watch, alive(result.left) if result.left else None)
        return {"found": _listed(result.found), "left": _listed(result.left)}

    async def _look_for_charges(self, watch: Watch) -> Told:
        """Source: DOMAIN money.9."""
        about = {"since": self._request.billing_end or self._request.opened_at, "plan_hash": self._request.plan_hash}
        subject = {"subject": AFTER_THE_END, "generation": watch.turn}
        request = self._ask(ChargeWatchRequest, "watch_charges", **subject, **about)
        result: ChargeWatchResult = await self._tried(BillingActivities.watch_charges, request, OUTSIDE)
        left = _listed(result.left)
        late = f"{left} was charged after the account had ended: refund it, or say why it stays"
        self._find(watch, late if result.left else None)
        return {"found": str(result.found), "refunded": _listed(result.refunded), "left": left}

    async def _chase(self, watch: Watch) -> Told:
        """Asked again until it says that all is erased there. Source: DOMAIN stages.3."""
        about = {"generation": watch.turn, "plan_hash": self._request.plan_hash}
        request = self._ask(ProcessorRequest, "chase_processor", subject=watch.subject, **about)
        result: ProcessorResult = await self._tried(ErasureActivities.chase_processor, request, OUTSIDE)
        self._find(watch, None if result.confirmed else f"asked {result.asked} times, and it hasn't confirmed yet")
        confirmed = YES if result.confirmed else NO
        return {"asked": str(result.asked), "confirmed": confirmed, "reference": result.reference}

    async def _backups_expired(self, watch: Watch) -> Told:
        """Nothing to do: their time is over, and a certificate issued anew says so. Source: DOMAIN erasure.5."""
        return {"expired_at": watch.at.isoformat()}

    async def _erase_retained(self, watch: Watch) -> Told:
        """What a law kept until now. Source: DOMAIN erasure.1."""
        request = self._ask(PurgeRequest, "erase_retained", subject=watch.subject, plan_hash=self._request.plan_hash)
        result: PurgeResult = await self._tried(ErasureActivities.erase_retained, request, OUTSIDE)
        self._find(watch, None)
        return {"before": str(result.before), "erased": str(result.erased), "kept": str(result.kept)}

    # -- the state

    def _find(self, watch: Watch, finding: str | None) -> None:
        """What this watch could not mend by itself, or that it could."""
        others = tuple(found for found in self._state.findings if not found.startswith(f"{_name(watch)}: "))
        self._keep(findings=others if finding is None else (*others, f"{_name(watch)}: {finding}"))

    def _replace(self, watch: Watch, by: Watch | None) -> None:
        """A word that came while it was looked at stands: it is looked at again at once."""
        same = next(each for each in self._state.watches if _key(each) == _key(watch))
        if by is not None and same.at != watch.at:
            by = by.model_copy(update={"at": same.at})
        others = (each for each in self._state.watches if each != same)
        self._keep(watches=(*others, *(() if by is None else (by,))))


def _numbered(watches: tuple[Watch, ...]) -> list[Watch]:
    seen: dict[str, int] = {}
    numbered = []
    for watch in watches:
        seen[_name(watch)] = seen.get(_name(watch), 0) + 1
        numbered.append(watch.model_copy(update={"turn": seen[_name(watch)]}))
    return numbered


def _key(watch: Watch) -> tuple[str, str, int]:
    return watch.kind, watch.subject, watch.turn


def _name(watch: Watch) -> str:
    return f"{watch.kind} {watch.subject}".removesuffix(" -")


def _listed(counts: Mapping[str, object]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or NOTHING
