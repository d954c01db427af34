"""What runs on localstripe alone, which ignores Idempotency-Key: our mark is what keeps a refund from going twice."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
import stripe

from connectors.stripe.billing import StripeBilling
from connectors.stripe.books import refunds_of
from connectors.stripe.client import open_client
from connectors.stripe.errors import translating
from connectors.stripe.marks import Line, Part
from connectors.stripe.refunds import send_back, told
from models.money import Document
from tests.contract.stripe_books import CARD, running_stripe

KEY = Part("acme-1:close_statement:-:1", "refund:0")


@pytest.fixture(scope="module")
def client() -> Iterator[stripe.StripeClient]:
    with running_stripe("--as-it-is") as url:
        yield open_client("sk_test_12345", url)


@pytest.fixture
def payment(client: stripe.StripeClient) -> str:
    method = client.v1.payment_methods.create({"type": "card", "card": CARD})
    asked = {"amount": 5000, "currency": "eur", "payment_method": method.id, "confirm": True}
    return client.v1.payment_intents.create(asked).id


@pytest.mark.parametrize("by_charge", [False, True])
def test_money_7_a_refund_is_found_by_our_mark_and_not_made_again(
    client: stripe.StripeClient, payment: str, by_charge: bool
) -> None:
    if by_charge:
        payment = client.v1.payment_intents.retrieve(payment).latest_charge.id
    document = Document(
        kind="refund", currency="EUR", amount=Decimal("12.50"), description="Refund: Team", payment_id=payment
    )
    made = {send_back(client, Line(0, document), KEY).id for _ in range(3)}
    (found,) = refunds_of(client, payment)
    assert made == {found.id}
    assert (told(found).amount, told(found).status, told(found).description) == (
        Decimal("12.50"),
        "succeeded",
        "Refund: Team",
    )


def test_the_key_alone_would_have_refunded_twice_there(client: stripe.StripeClient, payment: str) -> None:
    for _ in range(2):
        client.v1.refunds.create({"payment_intent": payment, "amount": 100}, KEY.once())
    assert len(refunds_of(client, payment)) == 2


def test_a_check_asks_for_no_more_than_one_customer(client: stripe.StripeClient) -> None:
    StripeBilling(client, str).check()


def test_a_card_that_is_declined_is_rejected(client: stripe.StripeClient) -> None:
    card = {**CARD, "number": "4000000000000341"}
    method = client.v1.payment_methods.create({"type": "card", "card": card})
    asked = {"amount": 5000, "currency": "eur", "payment_method": method.id, "confirm": True}
    with pytest.raises(Exception, match="answered 402, card_declined") as caught, translating():
        client.v1.payment_intents.create(asked)
    assert type(caught.value).__name__ == "Rejected"
