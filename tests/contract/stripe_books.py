"""Money of a test in Stripe's objects, put there as a product would put it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

from connectors.stripe.amounts import minor
from connectors.stripe.billing import StripeBilling
from connectors.stripe.client import open_client

CARD = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2099, "cvc": "123"}
_numbers = count(1)


@contextmanager
def running_stripe(*options: str) -> Iterator[str]:
    """localstripe as a child process, until the block ends; its address."""
    command = [sys.executable, "-m", "tests.fakes.stripe_server", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "TZ": "UTC"}) as child:
        try:
            yield f"http://127.0.0.1:{child.stdout.readline().strip()}"
        finally:
            child.kill()


class StripeBooks:
    """`SampleBooks` on localstripe. The running period began twenty days ago: the wall clock can't be set."""

    timezone = "UTC"
    lacks = frozenset({"issue_due", "reversal", "fractions of a cent"})

    def __init__(self, url: str) -> None:
        self.client = open_client("sk_test_12345", url)
        self.billing = StripeBilling(self.client, lambda account: account)
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self.period_start = today - timedelta(days=20)
        self.period_end = _month_later(self.period_start)

    def day(self, number: int) -> datetime:
        return self.period_start + timedelta(days=number)

    def add_account(self) -> str:
        v1 = self.client.v1
        customer = v1.customers.create({"email": f"billing-{next(_numbers)}@example.com"})
        method = v1.payment_methods.create({"type": "card", "card": CARD})
        v1.payment_methods.attach(method.id, {"customer": customer.id})
        v1.customers.update(customer.id, {"invoice_settings": {"default_payment_method": method.id}})
        return customer.id

    def add_subscription(
        self, account: str, net: str, *, tax_rate: str = "0", minimum: str | None = None, paid: bool = True
    ) -> str:
        del minimum  # Stripe knows none
        item = {"plan": self.add_plan(Decimal(net), "EUR"), "tax_rates": self.rates(tax_rate)}
        made = self.client.v1.subscriptions.create(
            {"customer": account, "items": [item], "backdate_start_date": int(self.period_start.timestamp())}
        )
        invoice = str(made.latest_invoice)
        self.poke("invoice", invoice, **self._began())
        if not paid:
            self.poke("invoice", invoice, payment_intent="")
        return invoice

    def add_plan(self, net: Decimal, currency: str) -> str:
        about = {"id": f"team-{next(_numbers)}", "product": {"name": "Team"}, "nickname": "Team", "interval": "month"}
        return self.client.v1.plans.create({**about, "amount": minor(net, currency), "currency": currency.lower()}).id

    def add_invoice(self, account: str, net: str, currency: str = "EUR", *, tax_rate: str = "0") -> str:
        invoice = self._invoice(account, net, currency, "Set-up", tax_rate)
        self.client.v1.invoices.finalize_invoice(invoice)
        self.poke("invoice", invoice, **self._began())
        return invoice

    def draft_invoice(self, account: str, net: str) -> str:
        """One that Stripe will issue by itself."""
        invoice = self._invoice(account, net, "EUR", "Set-up", "0")
        self.poke("invoice", invoice, created=seconds(self.period_start))
        return invoice

    def pay(self, account: str, invoice: str, amount: str) -> str:
        return self.take_late(account, invoice, amount, self.period_start)

    def add_usage(self, account: str, net: str, at: datetime, *, tax_rate: str = "0", currency: str = "EUR") -> str:
        return self.client.v1.invoice_items.create(
            {
                "customer": account,
                "amount": minor(Decimal(net), currency),
                "currency": currency.lower(),
                "description": "SMS",
                "period": {"start": seconds(at), "end": seconds(at)},
                "tax_rates": self.rates(tax_rate),
            }
        ).id

    def add_credit(self, account: str, amount: str, currency: str = "EUR") -> None:
        self.client.v1.customers.balance_transactions.create(
            account, {"amount": -minor(Decimal(amount), currency), "currency": currency.lower()}
        )

    def charge_late(self, account: str, net: str, at: datetime, *, paid: bool = True) -> str:
        invoice = self._invoice(account, net, "EUR", "Nobody knows", "0")
        self.client.v1.invoices.finalize_invoice(invoice)
        if paid:
            self.take_late(account, invoice, net, at)
        return invoice

    def take_late(self, account: str, invoice: str, amount: str, at: datetime) -> str:
        currency = self.client.v1.invoices.retrieve(invoice).currency.upper()
        told = self.client.raw_request("post", f"/v1/invoices/{invoice}/take", amount=minor(Decimal(amount), currency))
        taken = self.client.deserialize(told, api_mode="V1").payments.data[-1]
        intent = str(taken.payment.payment_intent)
        self.poke("charge", self.client.v1.payment_intents.retrieve(intent).latest_charge.id, created=seconds(at))
        return intent

    def refund_stands(self, account: str, status: str) -> None:
        for charge in self.client.v1.charges.list({"customer": account}).data:
            for refund in self.client.v1.refunds.list({"charge": charge.id}).data:
                self.poke("refund", refund.id, status=status)

    def dunning_muted(self, account: str) -> bool:
        open_ = self.client.v1.invoices.list({"customer": account, "status": "open"}).data
        return not any(invoice.auto_advance for invoice in open_)

    def _invoice(self, account: str, net: str, currency: str, words: str, tax_rate: str) -> str:
        v1 = self.client.v1
        about = {"customer": account, "currency": currency.lower(), "description": words}
        made = v1.invoices.create({**about, "pending_invoice_items_behavior": "exclude"})
        amount = {"amount": minor(Decimal(net), currency), "tax_rates": self.rates(tax_rate), "invoice": made.id}
        v1.invoice_items.create({**about, **amount})
        return made.id

    def rates(self, share: str) -> list[str]:
        if not Decimal(share):
            return []
        told = {"display_name": "IVA", "inclusive": False, "percentage": float(Decimal(share) * 100)}
        return [self.client.v1.tax_rates.create(told).id]

    def _began(self) -> dict[str, int]:
        return {"created": seconds(self.period_start), "effective_at": seconds(self.period_start)}

    def poke(self, kind: str, name: str, **values: object) -> None:
        self.client.raw_request("post", f"/v1/poke/{name}", object=kind, **values)


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def _month_later(at: datetime) -> datetime:
    first = (at.replace(day=1) + timedelta(days=32)).replace(day=1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(at.day, last.day))
