"""What we ask Stripe, by the published forms of its places: the client's own, made from Stripe's OpenAPI description."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from stripe import StripeClient, params

from connectors.errors import NotFound
from connectors.stripe.billing import StripeBilling
from connectors.stripe.marks import Line, Part
from connectors.stripe.pausing import length
from models.money import FINAL, Document, Settlement
from rules.settlement import settle
from tests.contract.sample_books import TERMS
from tests.contract.sample_money import put_money
from tests.contract.stripe_books import StripeBooks
from tests.contract.stripe_published import (
    CUSTOMER,
    answering,
    invoice,
    item,
    line,
    page,
    payment,
    refund,
    subscription,
)
from tests.contract.stripe_wire import Request, Wire, error

AT = datetime(2026, 11, 16, tzinfo=UTC)
FORMS = {
    "get /v1/charges": params.ChargeListParams,
    "get /v1/credit_notes": params.CreditNoteListParams,
    "post /v1/credit_notes": params.CreditNoteCreateParams,
    "post /v1/credit_notes/*/void": params.CreditNoteVoidCreditNoteParams,
    "get /v1/customers/*": params.CustomerRetrieveParams,
    "get /v1/customers/*/balance_transactions": params.CustomerBalanceTransactionListParams,
    "post /v1/customers/*/balance_transactions": params.CustomerBalanceTransactionCreateParams,
    "get /v1/invoiceitems": params.InvoiceItemListParams,
    "post /v1/invoiceitems": params.InvoiceItemCreateParams,
    "get /v1/invoices": params.InvoiceListParams,
    "post /v1/invoices": params.InvoiceCreateParams,
    "post /v1/invoices/*": params.InvoiceUpdateParams,
    "post /v1/invoices/*/add_lines": params.InvoiceAddLinesParams,
    "post /v1/invoices/*/finalize": params.InvoiceFinalizeInvoiceParams,
    "get /v1/invoices/*/lines": params.InvoiceLineItemListParams,
    "post /v1/invoices/*/mark_uncollectible": params.InvoiceMarkUncollectibleParams,
    "post /v1/invoices/*/void": params.InvoiceVoidInvoiceParams,
    "get /v1/invoice_payments": params.InvoicePaymentListParams,
    "get /v1/prices/*": params.PriceRetrieveParams,
    "get /v1/refunds": params.RefundListParams,
    "post /v1/refunds": params.RefundCreateParams,
    "get /v1/subscriptions": params.SubscriptionListParams,
    "post /v1/subscriptions": params.SubscriptionCreateParams,
    "post /v1/subscriptions/*": params.SubscriptionUpdateParams,
    "delete /v1/subscriptions/*": params.SubscriptionCancelParams,
    "get /v1/tax_rates": params.TaxRateListParams,
    "post /v1/tax_rates": params.TaxRateCreateParams,
    "get /v1/tax_rates/*": params.TaxRateRetrieveParams,
}


def place(request: Request) -> str:
    return f"{request.method} " + re.sub(r"/((cus|in|sub|txr|cn)_\w+|team-\d+)", "/*", request.path)


@pytest.fixture(scope="module")
def a_whole_life(stripe_url: str) -> list[Request]:
    """Every request of every method of the port, over an account with all kinds of money."""
    books = StripeBooks(stripe_url)
    end, wire = books.day(15), Wire()
    client = StripeClient("sk_test_12345", http_client=wire, base_addresses={"api": stripe_url}, max_network_retries=0)
    billing = StripeBilling(client, lambda account: account)
    account = books.add_account()
    key = f"{account}-1:{{}}:-:1".format
    books.add_subscription(account, "60", tax_rate="0.21")
    books.add_subscription(account, "900", paid=False)
    put_money(books, account)
    for unpaid in ("5", "2000"):
        books.add_invoice(account, unpaid)
    billing.suspend(account, key("suspend_charges"), end)
    billing.resume(account, key("suspend_charges"), end)
    billing.stop_renewal(account, books.day(40), key("stop_renewal"), end)
    billing.freeze(account, key("freeze_charges"), end)
    settlement = settle(billing.state(account, end), end, TERMS, books.timezone)
    billing.settle(account, settlement, key("close_statement"), end)
    billing.held(account, key("close_statement"))
    billing.refunds(account, key("close_statement"))
    books.charge_late(account, "12", end)
    books.charge_late(account, "13", end, paid=False)
    for charge in billing.late_charges(account, end):
        billing.give_back(account, charge, key("watch_charges"), end)
    billing.reverse(account, key("close_statement"), key("reverse_statement"), end)
    billing.unfreeze(account, key("freeze_charges"), end)
    billing.resume_renewal(account, key("stop_renewal"), end)
    return wire.seen


def test_every_request_names_only_what_the_published_form_of_its_place_has(a_whole_life: list[Request]) -> None:
    seen = {place(request) for request in a_whole_life}
    assert seen <= set(FORMS)
    assert set(FORMS) - seen <= {
        "get /v1/tax_rates/*",
        "post /v1/tax_rates",
        "get /v1/invoice_payments",
    }  # may be known
    for request in a_whole_life:
        names = {re.split(r"\[", name)[0] for name in request.form}
        assert names <= set(FORMS[place(request)].__annotations__), request.path


def test_keys_and_marks_are_no_longer_than_stripe_takes_them(a_whole_life: list[Request]) -> None:
    """Source: https://docs.stripe.com/api/metadata, https://docs.stripe.com/api/idempotent_requests."""
    spare = 64  # of the longest account id
    for request in a_whole_life:
        assert len(request.headers.get("Idempotency-Key", "")) + spare <= 255
        metadata = {name[9:-1]: value for name, value in request.form.items() if name.startswith("metadata[")}
        assert len(metadata) <= 50
        assert all(len(name) <= 40 and len(value) + spare <= 500 for name, value in metadata.items())


def test_money_5_of_more_documents_than_metadata_has_room_for_the_first_are_told() -> None:
    about = {"currency": "EUR", "description": "Set against: Team"}
    lines = [Line(n, Document(kind="set_off", amount=Decimal(1), **about)) for n in range(60)]
    assert len(Part("acme-1:close_statement:-:1", "final:EUR").mark(lines)) <= 44  # more marks come later


def test_money_6_nothing_that_is_asked_for_charges_or_writes_to_anybody(a_whole_life: list[Request]) -> None:
    places = {place(request) for request in a_whole_life}
    assert not any(name.endswith(("/pay", "/send")) for name in places)
    for request in a_whole_life:
        if place(request) in {"post /v1/invoices", "post /v1/invoices/*/finalize"}:
            assert request.form["auto_advance"] == "false"
        if place(request) == "post /v1/credit_notes":
            assert request.form["email_type"] == "none"


def test_money_4_stripe_prorates_nothing_that_our_statement_credits(a_whole_life: list[Request]) -> None:
    changes = [request.form for request in a_whole_life if place(request) == "post /v1/subscriptions/*"]
    dated = [form for form in changes if {"cancel_at", "trial_end", "billing_cycle_anchor[type]"} & set(form)]
    assert len(dated) >= 2
    assert all(form["proration_behavior"] == "none" for form in dated)
    (ended, *_) = [request.form for request in a_whole_life if request.method == "delete"]
    assert ended == {"invoice_now": "false", "prorate": "false"}
    made = [request.form for request in a_whole_life if request.is_making("/v1/subscriptions")]
    assert made
    assert all(form["proration_behavior"] == "none" for form in made)


def test_money_4_metered_usage_that_stripe_holds_is_billed_when_a_subscription_is_ended() -> None:
    wire, billing = answering(subscriptions=page(subscription(item(None, "metered"))))
    billing.freeze("acme", "acme-1:freeze_charges:-:1", AT)
    (ended,) = [request.form for request in wire.seen if request.method == "delete"]
    assert ended == {"invoice_now": "true", "prorate": "false"}


def test_money_4_a_subscription_that_stripe_ends_at_the_same_moment_is_no_failure() -> None:
    running = subscription(item(1_000))
    wire, billing = answering(
        subscriptions=page(running),
        subscriptions__sub_1={**running, "status": "canceled"},
        post__subscriptions__sub_1=running,
    )
    first, gone = wire.before, error(404, code="resource_missing")
    wire.before = lambda request: gone if request.method == "delete" else first(request)
    billing.freeze("acme", "acme-1:freeze_charges:-:1", AT)
    wire, billing = answering(subscriptions=page(running), subscriptions__sub_1=running)
    second = wire.before
    wire.before = lambda request: gone if request.method == "delete" else second(request)
    with pytest.raises(NotFound):
        billing.freeze("acme", "acme-1:freeze_charges:-:1", AT)


def test_an_end_that_has_come_is_left_to_the_freeze() -> None:
    wire, billing = answering(subscriptions=page(subscription(item(1_000))))
    billing.stop_renewal("acme", AT, "acme-1:stop_renewal:-:1", AT)
    assert [request for request in wire.seen if request.method == "post"] == []


def test_money_6_a_draft_of_stripes_is_issued_without_being_collected() -> None:
    draft = invoice(100, line(100), status="draft")
    wire, billing = answering(invoices=page(draft))
    billing.freeze("acme", "acme-1:freeze_charges:-:1", AT)
    forms = [(request.path, request.form.get("auto_advance")) for request in wire.seen if request.method == "post"]
    assert forms[:2] == [("/v1/invoices/in_1", "false"), ("/v1/invoices/in_1/finalize", "false")]


def test_an_end_that_was_set_before_ours_comes_back_as_it_was() -> None:
    wire, billing = answering(subscriptions=page(subscription(item(1_000), cancel_at_period_end=True)))
    billing.stop_renewal("acme", AT + timedelta(days=1), "acme-1:stop_renewal:-:1", AT)
    (stopped,) = [request.form for request in wire.seen if request.method == "post"]
    metadata = {name[9:-1]: value for name, value in stopped.items() if name.startswith("metadata[")}
    wire, billing = answering(
        subscriptions=page(subscription(item(1_000), cancel_at=int(AT.timestamp()), metadata=metadata))
    )
    billing.resume_renewal("acme", "acme-1:stop_renewal:-:1", AT)
    (undone,) = [request.form for request in wire.seen if request.method == "post"]
    assert undone["cancel_at_period_end"] == "true"
    assert "cancel_at" not in undone


def test_a_credit_on_an_invoice_with_automatic_tax_has_no_lines_of_its_own() -> None:
    paid = {"status": "paid", "amount_paid": 10_000, "amount_remaining": 0, "automatic_tax": {"enabled": True}}
    payments = page(payment(10_000, 1, payment_intent="pi_1"))
    known = page(invoice(10_000, line(10_000), payments=payments, **paid))
    wire, billing = answering(invoices=known, post__refunds=refund(5_000, "pending"))
    settlement = settle(billing.state("acme", AT), datetime(2025, 11, 16, tzinfo=UTC), TERMS, "UTC")
    billing.settle("acme", settlement, "acme-1:close_statement:-:1", AT)
    (made,) = wire.made("/v1/credit_notes")
    assert made.form["amount"] == "5000"
    assert not any(name.startswith("lines") for name in made.form)


def test_money_6_what_is_too_small_for_stripe_to_charge_is_forgiven_on_the_balance_to_which_it_moves_it() -> None:
    about = {"currency": "EUR", "invoice_id": FINAL}
    documents = (
        Document(kind="charge", amount=Decimal("0.30"), description="SMS", **about),
        Document(kind="write_off", amount=Decimal("-0.30"), description="Written off", **about),
    )
    draft = invoice(30, id="in_f", status="draft")
    issued = invoice(30, id="in_f", status="paid", amount_due=0, amount_remaining=0, ending_balance=30)
    wire, billing = answering(post__invoices=draft, post__invoices__in_f__finalize=issued)
    billing.settle("acme", Settlement(statements=(), documents=documents), "acme-1:close_statement:-:1", AT)
    (forgiven,) = wire.made(f"/v1/customers/{CUSTOMER}/balance_transactions")
    assert (forgiven.form["amount"], forgiven.form["currency"]) == ("-30", "eur")
    assert not any("mark_uncollectible" in request.path for request in wire.seen)


def test_modes_1_a_pause_that_clocks_have_shortened_takes_nothing_of_what_was_paid_ahead() -> None:
    march, april = (datetime(2026, month, 1, tzinfo=ZoneInfo("Europe/Madrid")) for month in (3, 4))
    assert length(_seconds(march), _seconds(april)) == 31 * 86_400  # an hour is missing
    october, november = (datetime(2026, month, 1, tzinfo=ZoneInfo("Europe/Madrid")) for month in (10, 11))
    assert length(_seconds(october), _seconds(november)) == 31 * 86_400 + 3600
    assert length(0, 5000) == 5000


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
