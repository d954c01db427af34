"""The final statement over the built-in billing system: kept first, then made true, then read back."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select
from temporalio.exceptions import ApplicationError

from activities.billing import BillingActivities
from activities.settled import money_values
from connectors.builtin.billing import BuiltinBilling
from connectors.errors import ConnectorError, RateLimited, Rejected, Timeout, Unavailable
from connectors.store.directory import SqlDirectory
from connectors.store.sessions import writing
from models.ledger import digest
from models.money import Difference, Document, Settlement
from models.settling import RefundsResult, StatementResult
from models.tables.billing import CounterDocumentRow, InvoiceLineRow, InvoiceRow, PaymentRow
from tests.contract.sample_money import END
from tests.unit.own_database import company, environment, receipts
from tests.unit.sample_exit_money import ExitMoney
from tests.unit.sample_facts import POLICY
from tests.unit.sample_plan import keep_plan


@pytest.fixture
def exit_(tmp_path: Path) -> Iterator[ExitMoney]:
    for engine, account in company(tmp_path):
        yield ExitMoney(engine, account)


def close(exit_: ExitMoney) -> StatementResult:
    return exit_.does(exit_.statement())


def kept(exit_: ExitMoney, kind: str = "statement") -> dict[str, Any]:
    (statement,) = exit_.documents(kind)
    return dict(statement)


def through(exit_: ExitMoney, billing: BuiltinBilling) -> StatementResult:
    """The same exit over another billing system."""
    activities = BillingActivities(billing=billing, store=exit_.store, directory=SqlDirectory(exit_.engine))
    return environment().run(activities.close_statement, exit_.statement())


def test_money_5_the_statement_closes_and_agrees_with_the_billing_system(exit_: ExitMoney) -> None:
    result, statement = close(exit_), kept(exit_)
    assert (result.closed, result.differences, result.differing, result.pending) == (True, (), 0, 0)
    assert (result.handed_over, result.to_pay_out) == ({"JPY": Decimal(4000)}, {})
    assert result.digest == statement["digest"] == digest(statement["statements"])
    totals = [(x["currency"], x["total"]) for x in statement["statements"]]
    assert totals == [("EUR", "0.00"), ("JPY", "0"), ("KWD", "0.000")]
    assert dict(receipts(exit_.engine, exit_.account))["refund EUR"] == 1


def test_money_4_the_statement_is_opened_before_anything_is_charged(exit_: ExitMoney) -> None:
    before = exit_.billing.state(exit_.account, END)
    for _ in range(2):
        exit_.does(exit_.statement("open_statement"))
    assert exit_.billing.state(exit_.account, END) == before
    opened = kept(exit_, "statement_draft")
    close(exit_)
    assert kept(exit_)["digest"] == opened["digest"]


def test_money_5_an_invoice_paid_between_opening_and_closing_is_owed_no_more(exit_: ExitMoney) -> None:
    exit_.does(exit_.statement("open_statement"))
    (owed,) = [x for x in exit_.billing.state(exit_.account, END).invoices if x.currency == "JPY"]
    exit_.books.pay(exit_.account, owed.invoice_id, "4000")
    result = close(exit_)
    assert (result.closed, result.handed_over) == (True, {})


def test_money_7_a_second_attempt_answers_the_statement_of_the_first(exit_: ExitMoney) -> None:
    first, books = close(exit_), exit_.billing.state(exit_.account, END)
    assert close(exit_) == first
    assert exit_.billing.state(exit_.account, END) == books


def test_an_attempt_that_dies_before_applying_binds_the_next_one(exit_: ExitMoney) -> None:
    class Down(BuiltinBilling):
        def settle(self, *_: object) -> list:
            raise Unavailable("billing", "down")

    with pytest.raises(Unavailable):
        through(exit_, Down(exit_.engine))
    promised = kept(exit_)
    exit_.books.add_usage(exit_.account, "7", END.replace(day=1))
    result = close(exit_)
    assert kept(exit_) == promised
    assert (result.digest, result.closed, result.differing) == (promised["digest"], False, 1)
    (difference,) = result.differences
    assert difference == Difference(currency="EUR", line="Not billed: SMS", expected=Decimal(0), found=Decimal("7.00"))
    assert not money_values(exit_.store, exit_.statement().case)["settled"]  # no mail says that all comes to zero


@pytest.mark.parametrize(
    "answer", [Rejected("billing", "402: declined"), Timeout("billing", "late"), RateLimited("billing", "429")]
)
def test_money_7_a_provider_that_fails_after_it_did_its_work_pays_once(
    exit_: ExitMoney, answer: ConnectorError
) -> None:
    class Late(BuiltinBilling):
        def settle(self, *about: Any) -> list:
            super().settle(*about)
            raise answer

    for _ in range(2):
        with pytest.raises(type(answer)):
            through(exit_, Late(exit_.engine))
    result = close(exit_)
    assert result.closed
    assert len(exit_.billing.refunds(exit_.account, exit_.statement().idempotency_key)) == 1


def refund_of_one_cent_less(session: Session) -> None:
    row = session.exec(select(CounterDocumentRow).where(CounterDocumentRow.kind == "refund")).one()
    row.amount -= Decimal("0.01")


def credit_that_failed(session: Session) -> None:
    row = session.exec(select(CounterDocumentRow).where(CounterDocumentRow.kind == "credit")).one()
    row.status = "failed"


def line_of_the_final_invoice(session: Session) -> None:
    row = session.exec(select(InvoiceLineRow).where(InvoiceLineRow.kind == "usage")).one()
    row.net += 1


def total_of_the_final_invoice(session: Session) -> None:
    row = session.exec(select(InvoiceRow).where(InvoiceRow.kind == "final")).one()
    row.total += 2


def payment_that_came_meanwhile(session: Session) -> None:
    row = session.exec(select(InvoiceRow).where(InvoiceRow.currency == "JPY")).one()
    about = {"account": row.account, "invoice": row.id, "currency": "JPY"}
    session.add(PaymentRow(id="meanwhile", amount=Decimal(500), paid_at=END, **about))


@pytest.mark.parametrize(
    ("tamper", "line", "expected", "found"),
    [
        (refund_of_one_cent_less, "Refund: Team", "6.50", "6.49"),
        (credit_that_failed, "Unused days: Team", "-15.00", None),
        (line_of_the_final_invoice, "SMS", "10.00", "11.00"),
        (total_of_the_final_invoice, "Still open: Final invoice", "0", "2"),
        (payment_that_came_meanwhile, "Still open: Set-up", "0", "-500"),
    ],
)
def test_money_5_a_line_that_differs_is_named_with_the_amount(
    exit_: ExitMoney, tamper: Callable[[Session], None], line: str, expected: str, found: str | None
) -> None:
    close(exit_)
    with writing(exit_.engine) as session:
        tamper(session)
    result = close(exit_)
    amounts = {x.line: (x.expected, x.found) for x in result.differences}
    assert not result.closed
    assert amounts[line] == (Decimal(expected), None if found is None else Decimal(found))


def test_of_many_differences_ten_are_named_in_short_and_all_are_counted(exit_: ExitMoney) -> None:
    class Forgetful(BuiltinBilling):
        def held(self, account: str, key: str) -> list[Document]:
            about = {"kind": "credit", "currency": "EUR", "amount": Decimal(-1)}
            extra = [Document(description=f"{n}" * 300, **about) for n in range(30)]
            return [*super().held(account, key), *extra]

    result = through(exit_, Forgetful(exit_.engine))
    assert (len(result.differences), result.differing, result.closed) == (10, 30, False)
    assert all(len(difference.line) <= 120 for difference in result.differences)


def test_money_7_a_refund_is_pending_until_the_provider_says_otherwise(exit_: ExitMoney) -> None:
    close(exit_)
    exit_.books.refund_stands(exit_.account, "pending")
    assert (close(exit_).pending, close(exit_).closed) == (1, True)
    assert exit_.does(exit_.refunds()) == RefundsResult(pending=1)
    exit_.books.refund_stands(exit_.account, "succeeded")
    assert exit_.does(exit_.refunds(2)) == RefundsResult(pending=0)
    told = [[refund["status"] for refund in document["refunds"]] for document in exit_.documents("refunds")]
    assert told[-1] == ["succeeded"]


def test_money_7_a_refund_that_fails_must_be_paid_out_otherwise(exit_: ExitMoney) -> None:
    close(exit_)
    exit_.books.refund_stands(exit_.account, "failed")
    for generation in (1, 1, 2):
        result = exit_.does(exit_.refunds(generation))
        assert result == RefundsResult(pending=0, failed={"EUR": Decimal("6.50")})


def test_money_3_what_no_payment_holds_is_to_pay_out_and_isnt_called_refunded(exit_: ExitMoney) -> None:
    exit_.books.add_credit(exit_.account, "120", "USD")
    result = close(exit_)
    assert result.to_pay_out == {"USD": Decimal(120)}
    assert [x.currency for x in exit_.billing.refunds(exit_.account, exit_.statement().idempotency_key)] == ["EUR"]


def test_stages_7_reversing_the_statement_gives_back_the_money_of_before(exit_: ExitMoney) -> None:
    before = exit_.billing.state(exit_.account, END)
    close(exit_)
    for _ in range(2):
        exit_.does(exit_.undo("close_statement"), "reverse_statement")
        assert exit_.billing.state(exit_.account, END) == before


def test_dates_2_a_running_case_keeps_its_policy(exit_: ExitMoney) -> None:
    generous = POLICY.write_off[0].model_copy(update={"thresholds": {"JPY": Decimal(5000)}})
    policy = POLICY.model_copy(update={"write_off": (generous,)})
    exit_.plan = keep_plan(exit_.engine, exit_.account, policy=policy)
    result = close(exit_)
    assert set(result.handed_over) == {"KWD"}


def test_money_that_cannot_be_parks_the_case_with_its_cause(exit_: ExitMoney) -> None:
    exit_.books.add_usage(exit_.account, "-30", END.replace(day=2))
    with pytest.raises(ApplicationError) as caught:
        close(exit_)
    assert (caught.value.type, caught.value.non_retryable) == ("MoneyRefused", True)
    assert exit_.documents("statement") == []


def test_a_settlement_survives_its_json(exit_: ExitMoney) -> None:
    close(exit_)
    body = kept(exit_)
    assert Settlement.model_validate(body).model_dump(mode="json") == {k: body[k] for k in ("statements", "documents")}
