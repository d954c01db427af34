"""After the end no charge may appear: what does is given back, or told to a person. Source: DOMAIN money.9."""

from zoneinfo import ZoneInfo

from temporalio import activity

from activities.amounts import by_currency
from activities.case_money import CaseMoney, refused
from activities.case_policy import policy_of
from activities.receipts import keep
from activities.settled import LATE_CHARGES, STATEMENT
from models.money import LateCharge, Settlement
from models.payload import Receipt
from models.settling import ChargeWatchRequest, ChargeWatchResult
from rules.policy import in_force, speaks_for_all


class ChargeWatchActivities(CaseMoney):
    """Looks, keeps what it found, gives it back by policy."""

    @activity.defn(name="watch_charges")
    def watch_charges(self, request: ChargeWatchRequest) -> ChargeWatchResult:
        """Finds what was charged from `since` on; what the policy refunds goes back, the rest waits for a person.

        What was found is kept first, so that a second attempt answers the same; a second look doesn't find again what
        was given back. Source: DOMAIN money.9.

        Raises:
            ApplicationError: `NoClause`, not retryable.
        """
        refund = self._refunds(request)
        charges = self._found(request, refund=refund)
        if refund:
            keep(self._store, request, [self._give_back(request, charge) for charge in charges])
        return ChargeWatchResult(
            found=len(charges),
            refunded=by_currency((x.currency, x.paid) for x in charges) if refund else {},
            left={} if refund else by_currency((x.currency, x.amount) for x in charges),
        )

    def _found(self, request: ChargeWatchRequest, *, refund: bool) -> list[LateCharge]:
        """What the first attempt of this look found; what is on the statement was answered by it."""
        charges = self._billing.late_charges(request.account, request.since)
        settled = self._settled(request.case)
        late = [charge.model_dump(mode="json") for charge in charges if charge.charge_id not in settled]
        key, now = request.idempotency_key, activity.info().scheduled_time
        kept = self._store.keep_document(request.case, LATE_CHARGES, key, {"charges": late, "refund": refund}, now)
        return [LateCharge.model_validate(charge) for charge in kept["charges"]]

    def _settled(self, case: str) -> set[str]:
        kept = self._store.documents(case, STATEMENT)
        statements = Settlement.model_validate(kept[-1]).statements if kept else ()
        return {line.reference for statement in statements for line in statement.lines}

    def _refunds(self, request: ChargeWatchRequest) -> bool:
        """Whether the policy lets them go back by themselves."""
        about = self._store.plan(request.case, request.plan_hash).commitments
        policy = policy_of(self._store, request.case, request.plan_hash)
        day = about.dates["requested"].at.astimezone(ZoneInfo(about.timezone)).date()
        with refused():
            return in_force(policy.late_charges, day, about.jurisdiction, speaks_for_all(about.contracts)).refund

    def _give_back(self, request: ChargeWatchRequest, charge: LateCharge) -> Receipt:
        """Each charge by a key of its own."""
        key = request.model_copy(update={"subject": charge.charge_id}).idempotency_key
        return self._billing.give_back(request.account, charge, key, activity.info().scheduled_time)
