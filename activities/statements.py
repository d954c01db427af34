"""The final statement: opened, closed, read back, reversed. Source: DOMAIN money.4, money.5, money.7."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from temporalio import activity

from activities.amounts import by_currency
from activities.case_money import CaseMoney, refused
from activities.receipts import keep
from activities.settled import DRAFT, READ_BACK, REFUNDS, STATEMENT, keep_news
from models.case import Noted
from models.effects import UndoRequest
from models.ledger import digest
from models.money import Difference, Document, RefundState, Settlement
from models.payload import EffectRequest
from models.settling import RefundsRequest, RefundsResult, StatementRequest, StatementResult
from rules.comparison import differences
from rules.settlement import settle

_MOST_NAMED, _LONGEST = 10, 120


class StatementActivities(CaseMoney):
    """Each is harmless again: the settlement is kept before it is made true."""

    @activity.defn(name="open_statement")
    def open_statement(self, request: StatementRequest) -> Noted:
        """Keeps the statement as it would close now, so that it is announced before it is sent. Nothing is applied.

        Source: DOMAIN money.4.
        """
        return Noted(text=f"opened: {self._kept(request, DRAFT)['digest']}")

    @activity.defn(name="close_statement")
    def close_statement(self, request: StatementRequest) -> StatementResult:
        """Closes the account to zero: the statement is kept first, then made true, then read back.

        So every attempt applies the statement of the first one. What the billing system holds afterwards is compared
        with it, line by line. Source: DOMAIN money.4, money.5.

        Raises:
            ApplicationError: `MoneyRefused` or `NoClause`, not retryable.
        """
        key, now = request.idempotency_key, activity.info().scheduled_time
        kept = self._kept(request, STATEMENT)
        settlement = Settlement.model_validate(kept)
        keep(self._store, request, self._billing.settle(request.account, settlement, key, now))
        differing = self._read_back(request, settlement)
        refunds = self._told(request, key)
        return StatementResult(
            digest=kept["digest"],
            closed=all(statement.closed for statement in settlement.statements) and not differing,
            differences=tuple(_bounded(each) for each in differing[:_MOST_NAMED]),
            differing=len(differing),
            handed_over=_sums(x for x in settlement.documents if x.kind == "handed_over"),
            to_pay_out=_sums(x for x in settlement.documents if x.kind == "refund" and x.payment_id is None),
            pending=sum(refund.status == "pending" for refund in refunds),
            failed=_sums(refund for refund in refunds if refund.status == "failed"),
        )

    @activity.defn(name="reverse_statement")
    def reverse_statement(self, request: UndoRequest) -> Noted:
        """Answers every document of the statement by a counter-document. Source: DOMAIN stages.7."""
        now = activity.info().scheduled_time
        receipts = self._billing.reverse(request.account, request.undoes, request.idempotency_key, now)
        kept = keep(self._store, request, receipts)
        return Noted(text=", ".join(f"{receipt.action}: {receipt.count}" for receipt in kept))

    @activity.defn(name="check_refunds")
    def check_refunds(self, request: RefundsRequest) -> RefundsResult:
        """What became of the refunds, by the provider's word alone. Source: DOMAIN money.7."""
        refunds = self._told(request, request.settled_by)
        return RefundsResult(
            pending=sum(refund.status == "pending" for refund in refunds),
            failed=_sums(refund for refund in refunds if refund.status == "failed"),
        )

    def _kept(self, request: StatementRequest, kind: str) -> Mapping[str, Any]:
        """The settlement of the first attempt, as JSON, with the digest of its statements.

        A later attempt computes none: what the books hold by then may be half of this one.
        """
        key, now = request.idempotency_key, activity.info().scheduled_time
        for kept in self._store.documents(request.case, kind):
            if kept.get("key") == key:
                return kept
        body = self._settlement(request).model_dump(mode="json")
        body |= {"digest": digest(body["statements"]), "key": key, "at": now.isoformat()}
        return self._store.keep_document(request.case, kind, key, body, now)

    def _settlement(self, request: StatementRequest) -> Settlement:
        state = self._billing.state(request.account, request.billing_end)
        with refused():
            terms = self._terms(request, state, request.plan_hash)
            return settle(state, request.billing_end, terms, self._timezone(request))

    def _read_back(self, request: StatementRequest, settlement: Settlement) -> list[Difference]:
        held = self._billing.held(request.account, request.idempotency_key)
        found = differences(settlement, held, self._billing.state(request.account, request.billing_end))
        body = {"differences": [each.model_dump(mode="json") for each in found]}
        keep_news(self._store, request.case, READ_BACK, body, activity.info().scheduled_time)
        return found

    def _told(self, request: EffectRequest, settled_by: str) -> list[RefundState]:
        """What the provider tells now; kept in order, where it isn't what was told before."""
        refunds = self._billing.refunds(request.account, settled_by)
        body = {"refunds": [refund.model_dump(mode="json") for refund in refunds]}
        keep_news(self._store, request.case, REFUNDS, body, activity.info().scheduled_time)
        return refunds


def _sums(moved: Iterable[Document | RefundState]) -> dict[str, Decimal]:
    return by_currency((each.currency, each.amount) for each in moved)


def _bounded(difference: Difference) -> Difference:
    """A result travels through Temporal: its text is short."""
    return difference.model_copy(update={"line": difference.line[:_LONGEST]})
