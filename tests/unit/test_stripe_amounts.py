"""Amounts as Stripe writes them. Source: https://docs.stripe.com/currencies (special cases)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Rejected
from connectors.stripe.amounts import expressible, inexpressible, major, minor
from models.money import Document

CURRENCIES = ("EUR", "USD", "JPY", "KRW", "CLP", "KWD", "BHD", "TND", "ISK", "UGX", "HUF", "TWD")


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("10", "USD", 1000),
        ("500", "JPY", 500),
        ("5.12", "KWD", 5120),
        ("5", "ISK", 500),
        ("5", "UGX", 500),
        ("10.45", "HUF", 1045),
        ("800.45", "TWD", 80045),
        ("-0.01", "EUR", -1),
        ("123456789012345.67", "EUR", 12345678901234567),
    ],
)
def test_money_3_an_amount_is_written_in_the_providers_minor_units(amount: str, currency: str, written: int) -> None:
    assert minor(Decimal(amount), currency) == written
    assert major(written, currency.lower()) == Decimal(amount)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("5.124", "KWD"), ("1.505", "BHD"), ("0.5", "JPY"), ("5.5", "ISK"), ("0.01", "UGX"), ("1.005", "EUR")],
)
def test_money_3_what_the_provider_cannot_express_exactly_is_refused(amount: str, currency: str) -> None:
    assert not expressible(Decimal(amount), currency)
    with pytest.raises(Rejected, match=f"{amount} {currency}"):
        minor(Decimal(amount), currency)


def test_money_3_the_preview_hears_which_documents_cannot_be_made() -> None:
    fine, not_fine = (
        Document(kind="refund", currency="KWD", amount=Decimal(amount), description="x")
        for amount in ("1.500", "1.505")
    )
    assert inexpressible([fine, not_fine]) == [not_fine]


@given(st.integers(-(10**12), 10**12), st.sampled_from(CURRENCIES))
def test_money_1_what_is_read_is_written_as_it_was(written: int, currency: str) -> None:
    amount = major(written, currency)
    if expressible(amount, currency):
        assert minor(amount, currency) == written
    else:
        assert currency in {"KWD", "BHD", "TND", "ISK", "UGX"}
