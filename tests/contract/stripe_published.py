"""Objects in the shapes of Stripe's API reference of 2026-10-28, for what localstripe can't be brought to say.

Source: https://docs.stripe.com/api/invoices/object, …/invoice-payment/object, …/credit_notes/object,
…/refunds/object, …/subscriptions/object, …/customers/object, …/errors.
"""

import json
from typing import Any

from stripe import StripeClient

from connectors.stripe.billing import StripeBilling
from tests.contract.stripe_wire import Answer, Request, Wire

CUSTOMER = "cus_NffrFeUfNV2Hib"


def page(*found: dict[str, Any], url: str = "/v1/x") -> dict[str, Any]:
    return {"object": "list", "data": list(found), "has_more": False, "url": url}


def line(amount: int, **told: Any) -> dict[str, Any]:
    return {
        "id": "il_1",
        "object": "line_item",
        "amount": amount,
        "currency": "eur",
        "description": "Team",
        "discount_amounts": [],
        "metadata": {},
        "parent": {"type": "subscription_item_details", "subscription_item_details": {"subscription": "sub_1"}},
        "period": {"start": 1761955200, "end": 1764547200},
        "pricing": {"type": "price_details", "price_details": {"price": "price_licensed", "product": "prod_1"}},
        "taxes": [],
        **told,
    }


def tax(amount: int, behavior: str) -> dict[str, Any]:
    rate = {"tax_rate": "txr_21"}
    return {"amount": amount, "tax_behavior": behavior, "type": "tax_rate_details", "tax_rate_details": rate}


def invoice(total: int, *lines: dict[str, Any], **told: Any) -> dict[str, Any]:
    return {
        "id": "in_1",
        "object": "invoice",
        "amount_due": total,
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": total,
        "auto_advance": True,
        "automatic_tax": {"enabled": False},
        "created": 1761955200,
        "currency": "eur",
        "customer": CUSTOMER,
        "description": None,
        "effective_at": 1761958800,
        "ending_balance": 0,
        "lines": page(*lines, url="/v1/invoices/in_1/lines"),
        "metadata": {},
        "number": "F-0001",
        "payments": page(url="/v1/invoice_payments"),
        "starting_balance": 0,
        "status": "open",
        "total": total,
        **told,
    }


def payment(amount: int, paid_at: int, **of: str) -> dict[str, Any]:
    kind = next(iter(of))
    return {
        "id": f"inpay_{paid_at}",
        "object": "invoice_payment",
        "amount_paid": amount,
        "amount_requested": amount,
        "created": paid_at,
        "status": "paid",
        "status_transitions": {"canceled_at": None, "paid_at": paid_at},
        "payment": {"type": kind, "payment_intent": None, "charge": None, **of},
    }


def note(total: int, *refunds: dict[str, Any], **told: Any) -> dict[str, Any]:
    return {
        "id": "cn_1",
        "object": "credit_note",
        "currency": "eur",
        "invoice": "in_1",
        "metadata": {},
        "out_of_band_amount": None,
        "pre_payment_amount": 0,
        "post_payment_amount": total,
        "refunds": list(refunds),
        "status": "issued",
        "total": total,
        **told,
    }


def refund(amount: int, status: str, **told: Any) -> dict[str, Any]:
    about = {"id": "re_1", "object": "refund", "currency": "eur", "metadata": {}}
    return {**about, "amount": amount, "status": status, **told}


def item(unit_amount: float | None, usage_type: str = "licensed", **told: Any) -> dict[str, Any]:
    recurring = {"interval": "month", "interval_count": 1, "usage_type": usage_type, **told.pop("recurring", {})}
    price = {"id": f"price_{usage_type}", "object": "price", "currency": "eur", "nickname": "Team"}
    return {
        "id": "si_1",
        "object": "subscription_item",
        "current_period_start": 1761955200,
        "current_period_end": 1764547200,
        "metadata": {},
        "price": {**price, "unit_amount_decimal": unit_amount and str(unit_amount), "recurring": recurring},
        "quantity": 1,
        "tax_rates": [],
        **told,
    }


def subscription(*items: dict[str, Any], **told: Any) -> dict[str, Any]:
    return {
        "id": "sub_1",
        "object": "subscription",
        "cancel_at": None,
        "cancel_at_period_end": False,
        "collection_method": "charge_automatically",
        "currency": "eur",
        "default_payment_method": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "items": page(*items, url="/v1/subscription_items"),
        "metadata": {},
        "pause_collection": None,
        "status": "active",
        **told,
    }


def answering(**objects: dict[str, Any]) -> tuple[Wire, StripeBilling]:
    """Stripe with these objects: a path's words, joined by `__`; an empty list for others; `post__…` for what is made."""
    known = {
        "/v1/" + name.replace("__", "/"): found
        for name, found in {
            "prices__price_licensed": {
                "id": "price_licensed",
                "object": "price",
                "recurring": {"usage_type": "licensed"},
            },
            "prices__price_metered": {"id": "price_metered", "object": "price", "recurring": {"usage_type": "metered"}},
            "tax_rates__txr_21": {"id": "txr_21", "object": "tax_rate", "percentage": 21.0, "inclusive": False},
            f"customers__{CUSTOMER}": {"id": CUSTOMER, "object": "customer", "invoice_credit_balance": {}},
            **objects,
        }.items()
    }

    def answer(request: Request) -> Answer:
        made = known.get(request.path.replace("/v1/", "/v1/post/")) if request.method == "post" else None
        return json.dumps(made or known.get(request.path, page(url=request.path))), 200, {}

    wire = Wire(before=answer)
    client = StripeClient("sk_test_12345", http_client=wire, max_network_retries=0)
    return wire, StripeBilling(client, lambda account: CUSTOMER)
