"""The example of `docs/money.md` is what the rules compute. Source: DOMAIN money.5."""

import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from models.money import BillingState, Settlement
from rules.settlement import settle
from tests.unit.sample_billing import END, MADRID, START, TERMS, ZONE, itemised, subscription, usage

PAGE = Path("docs/money.md").read_text(encoding="utf-8")


def settlement() -> Settlement:
    november = itemised(
        ("recurring", "100.00", "0.21"),
        description="Team, 2026-11-01 – 2026-11-30",
        paid=Decimal("121.00"),
        payments={"card": Decimal("121.00")},
        issued_at=START,
    )
    used = usage("12.10", tax=Decimal("2.10"), tax_rate=Decimal("0.21"))
    team = subscription(description="Team", tax_rate=Decimal("0.21"), minimum=Decimal(30))
    billing = BillingState(invoices=(november,), usage=(used,), credit={"EUR": Decimal(5)}, subscriptions=(team,))
    assert datetime(2026, 11, 16, tzinfo=ZONE) == END
    return settle(billing, END, TERMS, MADRID)


def test_money_5_the_example_of_the_page_is_what_the_rules_compute() -> None:
    rows = re.findall(r"^\| (\w+) \| (.+?) \| (-?[\d.]+) \| (-?[\d.]*) ?\|$", PAGE, re.MULTILINE)
    (statement,) = settlement().statements
    assert [(x.kind, x.description, str(x.amount), str(x.tax) if x.tax else "") for x in statement.lines] == rows
    assert statement.total == 0


def test_money_3_the_amounts_set_off_are_those_of_the_page() -> None:
    moved = [str(x.amount) for x in settlement().documents if x.kind == "set_off" and x.amount > 0]
    assert moved == ["5.00", "13.15"]
    assert all(f"({amount})" in PAGE for amount in moved)
