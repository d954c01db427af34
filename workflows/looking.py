"""What a watch looks at, and what it makes of it.

DOMAIN identity.3 (scan), money.9 (charges), stages.3 (sub-processors), erasure.1 (retained sets), erasure.5 (backups).
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.access import AccessActivities
    from activities.billing import BillingActivities
    from activities.erasure import ErasureActivities
    from models.closing import Watch
    from models.effects import ProcessorRequest, ProcessorResult, PurgeRequest, PurgeResult, ScanResult
    from models.payload import EffectRequest
    from models.settling import ChargeWatchRequest, ChargeWatchResult
    from workflows.closing_steps import ClosingSteps
    from workflows.retries import OUTSIDE
    from workflows.scanning import alive

AFTER_THE_END = "after-the-end"  # the case's own looks for charges have bare keys
PATIENCE = 4  # so often a sub-processor is asked before a person is told
A_MONTH = 30
YES, NOTHING = "yes", "nothing"
Told = dict[str, str]


class Looking(ClosingSteps):
    """Each look answers what is to be sealed, or the same watch for later; what it can't mend is a finding."""

    def _looks(self) -> dict[str, Callable[[Watch], Awaitable[Told | Watch]]]:
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

    async def _chase(self, watch: Watch) -> Told | Watch:
        """Asked again until it says that all is erased there; only that is news. Source: DOMAIN stages.3."""
        about = {"generation": watch.turn, "plan_hash": self._request.plan_hash}
        request = self._ask(ProcessorRequest, "chase_processor", subject=watch.subject, **about)
        result: ProcessorResult = await self._tried(ErasureActivities.chase_processor, request, OUTSIDE)
        if not result.confirmed:
            return self._unanswered(watch, result.asked)
        self._find(watch, None)
        return {"asked": str(result.asked), "confirmed": YES, "reference": result.reference}

    def _unanswered(self, watch: Watch, asked: int) -> Watch:
        """A few times at the pace of the policy; then compliance sees it, and it's asked ever more rarely."""
        patient = asked < PATIENCE
        self._find(watch, None if patient else f"asked {asked} times, and it hasn't confirmed yet")
        days = watch.every_days if patient else max(watch.every_days, min(2 * watch.every_days, A_MONTH))
        next_one = {"turn": watch.turn + 1, "failed": 0, "at": workflow.now() + timedelta(days=days)}
        return watch.model_copy(update={**next_one, "every_days": days})

    async def _backups_expired(self, watch: Watch) -> Told:
        """Nothing to do: their time is over, and a certificate issued anew says so. Source: DOMAIN erasure.5."""
        self._find(watch, None)
        return {"expired_at": watch.at.isoformat()}

    async def _erase_retained(self, watch: Watch) -> Told:
        """What a law kept until now. Source: DOMAIN erasure.1."""
        request = self._ask(PurgeRequest, "erase_retained", subject=watch.subject, plan_hash=self._request.plan_hash)
        result: PurgeResult = await self._tried(ErasureActivities.erase_retained, request, OUTSIDE)
        self._find(watch, None)
        return {"before": str(result.before), "erased": str(result.erased), "kept": str(result.kept)}

    def _find(self, watch: Watch, finding: str | None) -> None:
        """What this watch could not mend by itself, or that it could."""
        others = tuple(found for found in self._state.findings if not found.startswith(f"{name_of(watch)}: "))
        self._keep(findings=others if finding is None else (*others, f"{name_of(watch)}: {finding}"))


def name_of(watch: Watch) -> str:
    """Its kind, and of what."""
    return f"{watch.kind} {watch.subject}".removesuffix(" -")


def _listed(counts: Mapping[str, object]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or NOTHING
