"""What Stripe, or the way there, may do to us: each effect happens once all the same. Source: DOMAIN money.7."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from stripe import StripeClient

from connectors import errors
from connectors.stripe import client as opening
from connectors.stripe.billing import StripeBilling
from connectors.stripe.client import open_client
from models.money import Fee, LateCharge, Settlement
from rules.comparison import differences
from rules.settlement import settle
from tests.contract.sample_books import TERMS
from tests.contract.sample_money import put_money
from tests.contract.settling import outstanding
from tests.contract.stripe_books import StripeBooks, running_stripe
from tests.contract.stripe_wire import Answer, Lost, Wire, dies, error, once

FEE = Fee(contract="c1", currency="EUR", amount=Decimal(12), description="Leaving early", tax_rate=Decimal("0.21"))
WITH_FEE = TERMS.model_copy(update={"fees": (FEE,)})
CLOSE = "acme-1:close_statement:-:1"
MADE = ["refunds", "credit_notes", "customers/{}/balance_transactions", "invoices", "invoiceitems", "tax_rates"]


@pytest.fixture(scope="module")
def forgetful_url() -> Iterator[str]:
    """localstripe as it is: it ignores Idempotency-Key."""
    with running_stripe() as url:
        yield url


@pytest.fixture
def books(forgetful_url: str) -> StripeBooks:
    return StripeBooks(forgetful_url)


def watched(books: StripeBooks, **faults: Callable) -> tuple[Wire, StripeBilling]:
    """An adapter of its own over a wire with faults."""
    wire = Wire(**faults)
    address = {"api": books.client._requestor.base_addresses["api"]}
    client = StripeClient("sk_test_12345", http_client=wire, base_addresses=address, max_network_retries=0)
    return wire, StripeBilling(client, lambda account: account)


def stated(books: StripeBooks, account: str) -> Settlement:
    end = books.day(15)
    return settle(books.billing.state(account, end), end, WITH_FEE, books.timezone)


def sample(books: StripeBooks) -> str:
    """With everything that a settlement can make: taxed credits and charges, a set-off against an older debt."""
    account = books.add_account()
    books.add_subscription(account, "60", tax_rate="0.21")
    put_money(books, account)
    books.add_invoice(account, "5")
    return account


@pytest.mark.parametrize("path", MADE)
@pytest.mark.parametrize("when", ["before", "after"])
def test_money_7_killed_around_any_request_the_next_attempt_makes_the_rest_once(
    books: StripeBooks, path: str, when: str
) -> None:
    account, end = sample(books), books.day(15)
    settlement, place = stated(books, account), f"/v1/{path.format(account)}"
    wire, dying = watched(books, **{when: once(place, dies)})
    if path == "tax_rates":  # what another account's statement made is used again
        books.billing.settle(account, settlement, CLOSE, end)
    else:
        with pytest.raises(Lost):
            dying.settle(account, settlement, CLOSE, end)
        assert wire.made(place)
    for _ in range(2):
        books.billing.settle(account, settlement, CLOSE, end)
    after = books.billing.state(account, end)
    assert differences(settlement, books.billing.held(account, CLOSE), after) == []
    assert outstanding(after) == {}
    wanted = [x for x in settlement.documents if x.kind == "refund" and x.payment_id]
    assert sorted(x.amount for x in books.billing.refunds(account, CLOSE)) == sorted(x.amount for x in wanted)


def test_money_7_a_second_run_asks_for_nothing_to_be_made(books: StripeBooks) -> None:
    account, end = sample(books), books.day(15)
    settlement = stated(books, account)
    books.billing.settle(account, settlement, CLOSE, end)
    wire, again = watched(books)
    again.settle(account, settlement, CLOSE, end)
    assert [place for place in MADE if wire.made(f"/v1/{place.format(account)}")] == []


def test_money_7_what_is_made_bears_our_key_in_its_metadata_and_as_idempotency_key(books: StripeBooks) -> None:
    account, end = sample(books), books.day(15)
    wire, billing = watched(books)
    billing.settle(account, stated(books, account), CLOSE, end)
    made = [request for place in MADE for request in wire.made(f"/v1/{place.format(account)}")]
    assert len(made) >= 7
    for request in made:
        key = request.headers["Idempotency-Key"]
        assert key == f"{request.form['metadata[farewell]']}:{request.form['metadata[farewell_part]']}"


def test_an_invoice_that_is_paid_between_preview_and_close_is_found_and_no_money_is_lost(books: StripeBooks) -> None:
    account, end = books.add_account(), books.day(15)
    invoice = books.add_subscription(account, "30", paid=False)
    settlement = settle(books.billing.state(account, end), end, TERMS, books.timezone)  # 15 unused, 15 forgiven
    books.take_late(account, invoice, "30", end)
    books.billing.settle(account, settlement, CLOSE, end)
    after = books.billing.state(account, end)
    found = {x.line: (x.expected, x.found) for x in differences(settlement, books.billing.held(account, CLOSE), after)}
    forgiven = "Written off, the balance is at or under 25.00 EUR: Team"
    assert found[forgiven] == (-15, None)
    assert sum(after.credit.values()) + sum(x.paid for x in after.invoices) == 30


def settled(books: StripeBooks, account: str) -> Settlement:
    return settle(books.billing.state(account, books.day(15)), books.day(15), TERMS, books.timezone)


def by_hand(books: StripeBooks, account: str, settlement: Settlement) -> list[tuple[str, Decimal | None]]:
    """The statement, made true after a person has been at Stripe's dashboard: what differs, and what was found."""
    for _ in range(2):
        books.billing.settle(account, settlement, CLOSE, books.day(15))
    after = books.billing.state(account, books.day(15))
    assert settled(books, account).documents == (), "nothing is left to do"
    return [(x.line, x.found) for x in differences(settlement, books.billing.held(account, CLOSE), after)]


def test_money_3_what_a_person_refunded_meanwhile_is_not_refunded_again(books: StripeBooks) -> None:
    for refunded, found in ((3000, [("Refund: Team", None)]), (2000, [("Refund: Team", Decimal(10))]), (1000, [])):
        account = books.add_account()
        books.add_subscription(account, "30")
        settlement = settled(books, account)
        (payment,) = books.billing.state(account, books.day(15)).invoices[0].payments
        books.client.v1.refunds.create({"payment_intent": payment, "amount": refunded})
        assert by_hand(books, account, settlement) == found
        sent = [x.amount for x in books.client.v1.refunds.list({"payment_intent": payment})]
        assert sum(sent) <= 3000


def test_money_3_what_a_person_refunded_long_ago_pays_no_debt_of_today(books: StripeBooks) -> None:
    account = books.add_account()
    books.add_subscription(account, "30")
    (payment,) = books.billing.state(account, books.day(15)).invoices[0].payments
    books.client.v1.refunds.create({"payment_intent": payment, "amount": 500})
    books.add_usage(account, "40", books.day(3))
    assert by_hand(books, account, settled(books, account)) == []


@pytest.mark.parametrize("refunded", [500, 1200])
def test_money_9_a_late_charge_that_a_person_refunded_meanwhile_is_not_refunded_again(
    books: StripeBooks, refunded: int
) -> None:
    account, end = books.add_account(), books.day(15)
    books.charge_late(account, "12", end)
    (charge,) = books.billing.late_charges(account, end)
    (payment,) = charge.payments
    books.client.v1.refunds.create({"payment_intent": payment, "amount": refunded})
    for _ in range(2):
        books.billing.give_back(account, charge, f"{account}-1:watch_charges:-:1", end)
    assert sum(x.amount for x in books.client.v1.refunds.list({"payment_intent": payment})) == 1200
    after = books.billing.state(account, end)
    assert (after.invoices[0].due, after.credit) == (0, {})
    assert books.billing.late_charges(account, end) == []


def test_money_9_a_late_charge_that_a_person_voided_meanwhile_is_answered(books: StripeBooks) -> None:
    account, end = books.add_account(), books.day(15)
    books.client.v1.invoices.void_invoice(books.charge_late(account, "12", end, paid=False))
    gone = LateCharge(charge_id="in_of_before", currency="EUR", amount=12, paid=0, at=end, description="x")
    (voided,) = [x.id for x in books.client.v1.invoices.list({"customer": account})]
    told = books.billing.give_back(
        account, gone.model_copy(update={"charge_id": voided}), f"{account}-1:watch:-:1", end
    )
    assert told.count == 0


def test_money_5_an_invoice_that_a_person_voided_meanwhile_is_told_as_differing(books: StripeBooks) -> None:
    account = books.add_account()
    invoice = books.add_subscription(account, "30", paid=False)
    settlement = settled(books, account)
    books.client.v1.invoices.void_invoice(invoice)
    assert [line.partition(":")[0] for line, found in by_hand(books, account, settlement) if found is None] == [
        "Unused days",
        "Written off, the balance is at or under 25.00 EUR",
    ]


def test_money_3_what_a_person_credited_meanwhile_is_not_credited_again(books: StripeBooks) -> None:
    account = books.add_account()
    invoice = books.add_subscription(account, "30")
    settlement = settled(books, account)
    lines = [{"type": "custom_line_item", "description": "Goodwill", "quantity": 1, "unit_amount": 3000}]
    books.client.v1.credit_notes.create({"invoice": invoice, "lines": lines, "out_of_band_amount": 3000})
    assert ("Unused days: Team", None) in by_hand(books, account, settlement)


def test_an_invoice_that_stripe_has_only_drafted_is_issued_before_it_is_answered(books: StripeBooks) -> None:
    account, end = books.add_account(), books.day(15)
    invoice = books.draft_invoice(account, "5")
    settlement = stated(books, account)
    assert [x.invoice_id for x in settlement.documents if x.kind == "write_off"] == [invoice, "final"]
    for _ in range(2):
        books.billing.settle(account, settlement, CLOSE, end)
    after = books.billing.state(account, end)
    assert differences(settlement, books.billing.held(account, CLOSE), after) == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (error(429, {"Retry-After": "7"}), errors.RateLimited),
        (error(400, code="rate_limit"), errors.RateLimited),
        (error(402, type="card_error", code="card_declined"), errors.Rejected),
        (error(400, type="invalid_request_error", code="charge_already_refunded"), errors.Rejected),
        (error(400, type="invalid_request_error", code="resource_missing"), errors.NotFound),
        (error(404, type="invalid_request_error"), errors.NotFound),
        (error(400, type="idempotency_error"), errors.Conflict),
        (error(401), errors.Unauthorized),
        (error(403), errors.Unauthorized),
        (error(409, type="invalid_request_error"), errors.Transient),
        (error(500), errors.Unavailable),
        (error(503), errors.Unavailable),
        (("<html>not Stripe</html>", 200, {}), errors.Unavailable),
    ],
)
def test_an_answer_becomes_an_error_of_ours_by_status_and_code_never_by_its_text(
    books: StripeBooks, answer: Answer, kind: type[errors.ConnectorError]
) -> None:
    account, end = sample(books), books.day(15)
    settlement = stated(books, account)
    wire, billing = watched(books, before=once("/v1/refunds", lambda: answer))
    with pytest.raises(errors.ConnectorError) as caught:
        billing.settle(account, settlement, CLOSE, end)
    assert type(caught.value) is kind
    assert "personal" not in str(caught.value)
    assert len(wire.made("/v1/refunds")) == 1  # nobody but Temporal tries again
    billing.settle(account, settlement, CLOSE, end)
    assert outstanding(books.billing.state(account, end)) == {}


def test_retry_after_is_kept_as_the_delay_of_the_next_attempt(books: StripeBooks) -> None:
    account = books.add_account()
    for told, delay in (("7", timedelta(seconds=7)), ("Wed, 21 Oct 2015 07:28:00 GMT", timedelta(0)), ("soon", None)):
        _, billing = watched(books, before=lambda request, told=told: error(429, {"Retry-After": told}))
        with pytest.raises(errors.RateLimited) as caught:
            billing.held(account, CLOSE)
        assert caught.value.retry_after == delay
        assert errors.translated(caught.value).next_retry_delay == delay


def test_what_a_person_sees_is_status_code_and_request(books: StripeBooks) -> None:
    answer = error(402, type="card_error", code="card_declined", param="amount")
    _, billing = watched(books, before=lambda request: answer)
    with pytest.raises(errors.Rejected) as caught:
        billing.held("cus_1", CLOSE)
    assert caught.value.what == "answered 402, card_declined, amount, request req_1"


def test_nobody_listens() -> None:
    billing = StripeBilling(open_client("sk_test_12345", "http://127.0.0.1:9"), lambda account: account)
    with pytest.raises(errors.Unavailable):
        billing.held("cus_1", CLOSE)


def test_an_answer_that_is_late_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "ANSWER_SECONDS", 0.05)
    with _silent_server() as url, pytest.raises(errors.Timeout):
        StripeBilling(open_client("sk_test_12345", url), lambda account: account).held("cus_1", CLOSE)


def test_no_telemetry_leaves(books: StripeBooks) -> None:
    open_client("sk_test_12345")
    wire, billing = watched(books)
    for _ in range(2):
        billing.held(books.add_account(), CLOSE)
    assert not any("Telemetry" in name for request in wire.seen for name in request.headers)
    assert "platform" not in wire.seen[-1].headers["X-Stripe-Client-User-Agent"]


def test_an_unknown_customer_is_not_found(books: StripeBooks) -> None:
    with pytest.raises(errors.NotFound):
        books.billing.state("cus_nobody", books.day(15))


class _silent_server:  # noqa: N801  # reads as what it is
    """Takes a request and doesn't answer until the block ends."""

    def __enter__(self) -> str:
        self._done = done = threading.Event()

        class Silent(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                done.wait()

            def log_message(self, *words: object) -> None:
                """Nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Silent)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
