"""Amounts and their minor units. Each test is named after the rule that it proves. Source: DOMAIN money.1."""

from decimal import Decimal

import pytest
from babel.numbers import list_currencies
from hypothesis import given
from hypothesis import strategies as st

from models.money import BillingState
from rules.rounding import MoneyRefused, exponent, is_whole, rounded, split
from rules.settlement import settle
from tests.unit.sample_billing import END, MADRID, TERMS, lines, usage

EVERY_CURRENCY = sorted(list_currencies())


@pytest.mark.parametrize(
    ("currency", "amount", "expected"),
    [("JPY", "10.5", "11"), ("EUR", "1.005", "1.01"), ("USD", "-1.005", "-1.01"), ("KWD", "1.0005", "1.001")],
)
def test_money_1_amounts_are_rounded_half_up_to_the_minor_units(currency: str, amount: str, expected: str) -> None:
    assert str(rounded(Decimal(amount), currency)) == expected


def test_money_1_the_policy_may_ask_for_another_method() -> None:
    assert str(rounded(Decimal("1.005"), "EUR", "half_even")) == "1.00"
    settlement = settle(
        BillingState(usage=(usage("30.005"),)), END, TERMS.model_copy(update={"rounding": "half_even"}), MADRID
    )
    assert lines(settlement)[0] == ("charge", "30.00")


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [
        *(("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("ISK", 0), ("UYW", 4)),
        # Babel tells how many are used in cash, which is fewer.
        *(("RSD", 2), ("IQD", 3), ("PKR", 2), ("LBP", 2)),
    ],
)
def test_money_1_decimals_are_those_of_iso_4217(currency: str, decimals: int) -> None:
    assert exponent(currency) == decimals


@pytest.mark.parametrize("currency", ["EURO", "eur", "XXY", ""])
def test_money_1_an_unknown_currency_is_refused(currency: str) -> None:
    with pytest.raises(MoneyRefused) as refused:
        rounded(Decimal(1), currency)
    assert repr(currency) in refused.value.what
    assert "ISO 4217" in refused.value.fix


def test_money_1_a_total_is_the_sum_of_its_rounded_lines() -> None:
    billing = BillingState(usage=tuple(usage("10.005", description=f"SMS {n}") for n in range(3)))
    assert lines(settle(billing, END, TERMS, MADRID)) == [("charge", "10.01")] * 3 + [("handed_over", "-30.03")]


def test_money_1_parts_take_the_largest_remainder() -> None:
    assert split(Decimal("100.00"), [Decimal(1)] * 3, "EUR") == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]
    assert split(Decimal(-10), [Decimal(2), Decimal(5)], "JPY") == [Decimal(-3), Decimal(-7)]
    assert split(Decimal("0.01"), [Decimal(0), Decimal(1)], "EUR") == [Decimal("0.00"), Decimal("0.01")]


@pytest.mark.parametrize(
    ("total", "weights"), [("1.001", ["1"]), ("1.00", ["1", "-1"]), ("1.00", ["0", "0"]), ("1.00", [])]
)
def test_money_1_what_cannot_be_split_is_refused(total: str, weights: list[str]) -> None:
    with pytest.raises(MoneyRefused):
        split(Decimal(total), [Decimal(weight) for weight in weights], "EUR")


@given(
    st.sampled_from(EVERY_CURRENCY),
    st.integers(-(10**12), 10**12),
    st.lists(st.decimals(0, 10**6, places=4), min_size=1, max_size=8).filter(any),
)
def test_money_1_parts_equal_their_total_in_every_currency(currency: str, units: int, weights: list[Decimal]) -> None:
    total = Decimal(units).scaleb(-exponent(currency))
    parts = split(total, weights, currency)
    assert sum(parts) == total
    assert all(is_whole(part, currency) and part * total >= 0 for part in parts)
    unit, whole = Decimal(1).scaleb(-exponent(currency)), sum(weights)
    assert all(abs(part - total * weight / whole) < unit for part, weight in zip(parts, weights, strict=True))


@given(st.sampled_from(EVERY_CURRENCY), st.decimals(-(10**9), 10**9, places=6))
def test_money_1_rounding_moves_an_amount_by_half_a_unit_at_most(currency: str, amount: Decimal) -> None:
    near = rounded(amount, currency)
    assert is_whole(near, currency)
    assert abs(near - amount) <= Decimal("0.5").scaleb(-exponent(currency))
