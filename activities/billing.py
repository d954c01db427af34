"""What happens to the account's money. Source: DOMAIN money.4."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from temporalio import activity

from activities.receipts import keep
from connectors.ports import BillingSystem, CaseStore, Directory
from models.case import Noted
from models.effects import AtRequest, StatementRequest, StatementResult, UndoRequest
from models.ledger import digest
from models.money import Settlement
from models.payload import EffectRequest, Receipt
from models.policy import Policy
from rules.settlement import outstanding, settle


class BillingActivities:
    """Stops and resumes charges, closes the final statement. Each is harmless again and keeps its receipts."""

    def __init__(self, *, billing: BillingSystem, store: CaseStore, directory: Directory, policy: Policy) -> None:
        """Takes the ports."""
        self._billing, self._store = billing, store
        self._directory, self._policy = directory, policy

    @activity.defn(name="stop_renewal")
    def stop_renewal(self, request: AtRequest) -> Noted:
        """Nothing renews any more; charges run on until `at`."""
        now = activity.info().scheduled_time
        return self._noted(request, self._billing.stop_renewal(request.account, request.idempotency_key, now))

    @activity.defn(name="resume_renewal")
    def resume_renewal(self, request: UndoRequest) -> Noted:
        """Renews as before."""
        now = activity.info().scheduled_time
        return self._noted(request, self._billing.resume_renewal(request.account, request.undoes, now))

    @activity.defn(name="freeze_charges")
    def freeze_charges(self, request: AtRequest) -> Noted:
        """No charge from `at` on, and no dunning. Source: DOMAIN money.6, money.9."""
        return self._noted(request, self._billing.freeze(request.account, request.idempotency_key, request.at))

    @activity.defn(name="unfreeze_charges")
    def unfreeze_charges(self, request: UndoRequest) -> Noted:
        """Charges and duns as before."""
        now = activity.info().scheduled_time
        return self._noted(request, self._billing.unfreeze(request.account, request.undoes, now))

    @activity.defn(name="close_statement")
    def close_statement(self, request: StatementRequest) -> StatementResult:
        """Closes the account to zero: the statement is kept first, then made true in the billing system.

        So every attempt applies the statement of the first one. What the billing system holds afterwards is
        compared with it. Source: DOMAIN money.4, money.5.
        """
        key, now = request.idempotency_key, activity.info().scheduled_time
        kept = self._kept(request)
        settlement = Settlement.model_validate(kept)
        keep(self._store, request, self._billing.settle(request.account, settlement, key, now))
        differs = outstanding(self._billing.state(request.account, request.billing_end))
        return StatementResult(
            digest=kept["digest"],
            closed=all(statement.closed for statement in settlement.statements) and not differs,
            differs=differs,
            handed_over=_handed_over(settlement),
            to_pay_out=_to_pay_out(settlement),
        )

    @activity.defn(name="reverse_statement")
    def reverse_statement(self, request: UndoRequest) -> Noted:
        """Answers every document of the statement by a counter-document. Source: DOMAIN stages.7."""
        now = activity.info().scheduled_time
        receipts = self._billing.reverse(request.account, request.undoes, request.idempotency_key, now)
        return self._noted(request, *receipts)

    def _kept(self, request: StatementRequest) -> Mapping[str, Any]:
        """The settlement of the first attempt, as JSON, with the digest of its statements."""
        timezone = self._directory.facts(request.account).account.timezone
        billing = self._billing.state(request.account, request.billing_end)
        settlement = settle(billing, request.billing_end, self._policy.write_off_thresholds, timezone)
        body = settlement.model_dump(mode="json")
        body["digest"] = digest(body["statements"])
        now = activity.info().scheduled_time
        return self._store.keep_document(request.case, "statement", request.idempotency_key, body, now)

    def _noted(self, request: EffectRequest, *receipts: Receipt) -> Noted:
        return Noted(text=", ".join(f"{x.action}: {x.count}" for x in keep(self._store, request, receipts)))


def _handed_over(settlement: Settlement) -> dict[str, Decimal]:
    """What finance must collect, as positive amounts per currency. Source: DOMAIN money.5."""
    owed: dict[str, Decimal] = {}
    for document in settlement.documents:
        if document.kind == "handed_over":
            owed[document.currency] = owed.get(document.currency, Decimal(0)) - document.amount
    return owed


def _to_pay_out(settlement: Settlement) -> dict[str, Decimal]:
    """What we owe without a payment that it could go back to. Source: DOMAIN money.3."""
    owed: dict[str, Decimal] = {}
    for document in settlement.documents:
        if document.kind == "refund" and document.payment_id is None:
            owed[document.currency] = owed.get(document.currency, Decimal(0)) + abs(document.amount)
    return owed
