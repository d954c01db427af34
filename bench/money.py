"""What closing an account costs, beside what a reader knows: `python -m bench.money [--json]`."""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from activities.printing import Closing, print_statement
from activities.printing_words import Addressed
from bench.abba import Compared, compared
from models.money import BillingState, InvoiceState, MoneyTerms
from models.policy import read_policy
from rules.settlement import settle

INVOICES, PAPERS = 2000, 20
START, END, NEXT = (datetime(2026, *day, tzinfo=UTC) for day in ((11, 1), (11, 16), (12, 1)))
CENT = Decimal("0.01")


def main() -> None:
    """Prints a line a figure, or one object."""
    figures = [_settled(), _printed()]
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    if "--json" in sys.argv[1:]:
        print(json.dumps({"machine": machine, "compared": [figure.as_dict() for figure in figures]}))
        return
    print(machine, *figures, sep="\n")


def _settled() -> Compared:
    """Half of each paid invoice is unused and goes back; bare, it's one multiplication and one rounding each."""
    billing = BillingState(invoices=tuple(_invoice(n) for n in range(INVOICES)))
    prices = [(invoice.total, 15, 30) for invoice in billing.invoices]

    def bare() -> None:
        sum((price * days / of).quantize(CENT, ROUND_HALF_UP) for price, days, of in prices)

    ours = _each(INVOICES, lambda: settle(billing, END, MoneyTerms(), "Europe/Madrid"))
    return compared("an invoice settled, against a bare proration by Decimal", "µs", ours, _each(INVOICES, bare))


def _invoice(n: int) -> InvoiceState:
    total = Decimal(3000 + n).scaleb(-2)
    return InvoiceState(
        invoice_id=f"inv_{n:05}",
        kind="subscription",
        description="Plan, November",
        currency="EUR",
        total=total,
        paid=total,
        payments={f"pay_{n:05}": total},
        issued_at=START - timedelta(minutes=n),
        service_start=START,
        service_end=NEXT,
    )


def _printed() -> Compared:
    """A statement of one page, against an interpreter that starts and ends."""
    sender = read_policy(Path("policy.toml")).sender
    about = Addressed(
        case="acc_1-1", account="acc_1", name="Acme", language="es", country="ES", zone="Europe/Madrid", sender=sender
    )
    billing = BillingState(invoices=(_invoice(1),))
    closing = Closing(
        settlement=settle(billing, END, MoneyTerms(), "Europe/Madrid"), billing_end=END, made_at=END + timedelta(days=3)
    )
    print_statement(about, closing)

    def papers() -> None:
        for _ in range(PAPERS):
            print_statement(about, closing)

    def interpreters() -> None:
        for _ in range(PAPERS):
            subprocess.run([sys.executable, "-c", "pass"], check=True)

    told = "a statement printed as PDF, against `python -c pass`"
    return compared(told, "ms", _each(PAPERS, papers, 1e3), _each(PAPERS, interpreters, 1e3))


def _each(count: int, work: Callable[[], object], scale: float = 1e6) -> Callable[[], float]:
    """How long one of them takes, in parts of a second."""

    def measured() -> float:
        began = time.perf_counter()
        work()
        return (time.perf_counter() - began) / count * scale

    return measured


if __name__ == "__main__":
    main()
