"""The routes of it all, before localstripe makes its own: see `tests.fakes.stripe_today`."""

# ruff: noqa: A002  # parameters bear the names that Stripe's have

from localstripe import resources as local

from tests.fakes.stripe_today import Price, integer
from tests.fakes.stripe_today_invoices import (
    CreditNote,
    Transaction,
    add_lines,
    finalize_invoice,
    leave_invoice,
    take_for_invoice,
    void_invoice,
)


def poke(id, object=None, **data):
    """No route of Stripe's: a test says what a bank or the past has made of an object."""
    found = local.store[f"{object}:{id}"]
    for name, value in data.items():
        setattr(found, name, integer(value))
    return found


local.extra_apis[:] = [
    ("POST", "/v1/invoices/{id}/finalize", finalize_invoice),
    ("POST", "/v1/invoices/{id}/mark_uncollectible", leave_invoice),
    ("POST", "/v1/invoices/{id}/void", void_invoice),
    ("POST", "/v1/invoices/{id}/add_lines", add_lines),
    ("POST", "/v1/invoices/{id}/take", take_for_invoice),
    ("GET", "/v1/credit_notes", CreditNote._api_list),
    ("POST", "/v1/credit_notes", CreditNote._api_create),
    ("POST", "/v1/credit_notes/{id}/void", CreditNote._api_void),
    ("GET", "/v1/customers/{id}/balance_transactions", Transaction._api_list),
    ("POST", "/v1/customers/{id}/balance_transactions", Transaction),
    ("GET", "/v1/prices/{id}", Price._api_retrieve),
    ("POST", "/v1/poke/{id}", poke),
    *(route for route in local.extra_apis if len(route) == 3 and route[1] != "/v1/invoices/{id}/void"),
]
