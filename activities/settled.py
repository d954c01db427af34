"""What mails and papers may say of the money: no more than the provider has said. Source: DOMAIN money.5, money.7."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from activities.amounts import by_currency
from connectors.ports.own import CaseStore
from models.money import ZERO, LateCharge, RefundState, Settlement, Statement
from models.payload import Payload
from rules.cost import cost

STATEMENT, DRAFT = "statement", "statement_draft"
"""The kinds of document: the closed statement, and the opened one."""
REFUNDS, READ_BACK, LATE_CHARGES = "refunds", "read_back", "late_charges"
"""And what the provider told of its refunds, how the books differ from the statement, what came after the end."""


class Sums(Payload):
    """What goes back to the customer, per currency, as positive amounts.

    `refunded` has arrived by the provider's word; `on_its_way` was asked for; `to_pay_out` is owed, and no payment can
    take it back.
    """

    refunded: dict[str, Decimal] = {}
    on_its_way: dict[str, Decimal] = {}
    to_pay_out: dict[str, Decimal] = {}


def settlement_of(store: CaseStore, case: str, kind: str = STATEMENT) -> Mapping[str, Any] | None:
    """The last settlement that was kept, as JSON with its `digest`; None before there is one."""
    documents = store.documents(case, kind)
    return documents[-1] if documents else None


def going_back(settlement: Settlement, told: Sequence[RefundState]) -> Sums:
    """What goes back and how far it has come; of what nobody has told anything yet it's not said that it arrived.

    Source: DOMAIN money.3, money.7.
    """
    refunds = [document for document in settlement.documents if document.kind == "refund"]
    asked = by_currency((each.currency, each.amount) for each in refunds if each.payment_id is not None)
    refunded = by_currency((each.currency, each.amount) for each in told if each.status == "succeeded")
    failed = by_currency((each.currency, each.amount) for each in told if each.status == "failed")
    nobody = by_currency((each.currency, each.amount) for each in refunds if each.payment_id is None)
    under_way = {each: asked[each] - refunded.get(each, ZERO) - failed.get(each, ZERO) for each in asked}
    return Sums(
        refunded=refunded,
        on_its_way={currency: amount for currency, amount in under_way.items() if amount > 0},
        to_pay_out=by_currency((*nobody.items(), *failed.items())),
    )


def refunds_told(store: CaseStore, case: str) -> tuple[RefundState, ...]:
    """The refunds as the provider told of them last; empty if nobody has asked yet."""
    documents = store.documents(case, REFUNDS)
    return tuple(RefundState.model_validate(each) for each in documents[-1]["refunds"]) if documents else ()


def books_agree(store: CaseStore, case: str) -> bool:
    """Whether the billing system held what the statement says when it was read back last. Source: DOMAIN money.5."""
    documents = store.documents(case, READ_BACK)
    return not documents or not documents[-1]["differences"]


def late_charges(store: CaseStore, case: str) -> list[tuple[LateCharge, bool]]:
    """What was charged after the end, and whether it goes back by policy. Source: DOMAIN money.9."""
    looks = store.documents(case, LATE_CHARGES)
    return [(LateCharge.model_validate(charge), look["refund"]) for look in looks for charge in look["charges"]]


def keep_news(store: CaseStore, case: str, kind: str, body: Mapping[str, Any], now: datetime) -> None:
    """Keeps what an outside system tells, in order, where it isn't what it told before."""
    before = store.documents(case, kind)
    if not before or before[-1] != body:
        store.keep_document(case, kind, f"{case}:{kind}:{len(before) + 1:04}", body, now)


def money_values(store: CaseStore, case: str, estimate: Sequence[Statement] = ()) -> dict[str, Any]:
    """The accounts as opened (`opened`) and as closed (`statements`), and what of them goes back.

    `will_pay` and `will_get` are what the opened ones, else the estimate, come to for the customer.
    """
    kept, draft = (settlement_of(store, case, kind) for kind in (STATEMENT, DRAFT))
    settled = Settlement.model_validate(kept) if kept else Settlement(statements=())
    opened = Settlement.model_validate(draft).statements if draft else ()
    return {
        "opened": opened,
        **foreseen(opened or estimate),
        "statements": settled.statements,
        "settled": all(statement.closed for statement in settled.statements) and books_agree(store, case),
        **owed(settled.statements),
        **dict(going_back(settled, refunds_told(store, case))),
    }


def owed(statements: Sequence[Statement]) -> dict[str, dict[str, Decimal]]:
    """What the customer still owes (`to_pay`) and what they needn't pay any more (`forgiven`), per currency."""
    return {name: _of_kind(statements, kind) for name, kind in (("to_pay", "handed_over"), ("forgiven", "write_off"))}


def foreseen(statements: Sequence[Statement]) -> dict[str, dict[str, Decimal]]:
    """What the customer would still pay and what they would get back, per currency. Source: DOMAIN messages.3."""
    costs = cost(statements)
    return {
        "will_pay": {currency: amount for currency, amount in costs.items() if amount > 0},
        "will_get": {currency: -amount for currency, amount in costs.items() if amount < 0},
    }


def _of_kind(statements: Iterable[Statement], kind: str) -> dict[str, Decimal]:
    lines = ((each.currency, line) for each in statements for line in each.lines)
    return by_currency((currency, line.amount) for currency, line in lines if line.kind == kind)
