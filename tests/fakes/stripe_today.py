"""What localstripe lacks, in the forms of Stripe's API reference of 2026-10-28, on top of localstripe's own objects.

localstripe speaks a form of before 2025, drops the metadata of invoices, and knows no finalizing, credit notes, customer
balance, uncollectible invoices, paused collection, or an end of a subscription that is unset. docs/stripe.md says what
of our tests runs on localstripe alone and what needs this.

Source: https://docs.stripe.com/api (invoices, credit_notes, customer_balance_transactions, subscriptions, refunds).
"""

# ruff: noqa: A002, PLR0917  # parameters bear the names and the number that Stripe's have

from localstripe import resources as local
from localstripe.errors import UserError

integer, boolean = local.try_convert_to_int, local.try_convert_to_bool
local.schedule_webhook = lambda event: None
local.Event.__init__ = lambda event, kind, of: None  # it would tell of objects that aren't whole yet


def keep(one, data):
    """Metadata as Stripe keeps it: an empty value unsets its name. Booleans come as words."""
    for name, value in data.pop("metadata", {}).items():
        one.metadata.pop(name, None) if value == "" else one.metadata.update({name: value})
    for name, value in data.items():
        setattr(one, name, boolean(value))


def filtered(page, **wanted):
    page._list = [x for x in page._list if all(value in {None, getattr(x, name)} for name, value in wanted.items())]
    return page


# -- tax: inclusive rates are within the amount

added_tax = local.TaxRate._tax_amount


def tax_amount(rate, amount):
    if not rate.inclusive:
        return added_tax(rate, amount)
    share = local.Decimal(str(rate.percentage)) / 100
    within = (amount * share / (1 + share)).quantize(local.Decimal(1), local.ROUND_HALF_UP)
    return {"amount": int(within), "inclusive": True, "tax_rate": rate.id}


def line_taxes(line):
    return [
        {
            "amount": tax["amount"],
            "tax_behavior": "inclusive" if tax["inclusive"] else "exclusive",
            "tax_rate_details": {"tax_rate": tax["tax_rate"]},
            "type": "tax_rate_details",
        }
        for tax in line.tax_amounts
    ]


def list_tax_rates(cls, url, active=None, inclusive=None, limit=None, starting_after=None):
    page = local.List(url, limit=limit, starting_after=starting_after)
    known = [x for name, x in local.store.items() if name.startswith("tax_rate:")]
    page._list = [x for x in known if boolean(inclusive) in {None, x.inclusive}]
    return page


local.TaxRate._tax_amount = tax_amount
local.TaxRate._api_list_all = classmethod(list_tax_rates)
local.InvoiceLineItem.taxes = property(line_taxes)
local.InvoiceLineItem.discount_amounts = property(lambda line: [])
local.InvoiceLineItem.pricing = property(
    lambda line: {"price_details": {"price": line.plan.id}, "type": "price_details"} if line.plan else None
)
local.InvoiceLineItem.parent = property(
    lambda line: (
        {"type": "invoice_item_details", "invoice_item_details": {"invoice_item": line.invoice_item}}
        if line.type == "invoiceitem"
        else {"type": "subscription_item_details", "subscription_item_details": {"subscription": line.subscription}}
    )
)


# -- subscriptions


def create_subscription(cls, items=None, proration_behavior=None, billing_cycle_anchor=None, **data):
    told = {name: data.pop(name) for name in ("collection_method", "discounts", "description") if name in data}
    for item in items:
        item["plan"] = item.pop("price", None) or item["plan"]
    making, cls._create_invoice = cls._create_invoice, lambda new: setattr(new, "status", "active")
    try:
        made = cls(items=items, **data)
    finally:
        cls._create_invoice = making
    keep(made, told)
    if ends := made.metadata.pop("ends", None):  # no word of Stripe's: a test's period is one of another zone
        made._ends = integer(ends)
    if billing_cycle_anchor is None:
        made._create_invoice()
    else:
        made._ends = integer(billing_cycle_anchor)
    return made


def update_subscription(one, proration_behavior=None, cancel_at=None, pause_collection=None, trial_end=None, **data):
    if one.status == "canceled" and (cancel_at is not None or pause_collection is not None):
        raise UserError(400, "A canceled subscription can only update its cancellation_details and metadata.")
    if cancel_at is not None:
        one.cancel_at = integer(cancel_at) if cancel_at != "" else None
    if pause_collection is not None:
        one.pause_collection = pause_collection or None
    if trial_end is not None:
        one._ends, one.status = integer(trial_end), "trialing"
    data.pop("billing_cycle_anchor", None)
    keep(one, data)


def item_period(item):
    period = running_period(item)
    of = local.store.get(f"subscription:{item._subscription}")
    return {**period, "end": getattr(of, "_ends", period["end"])}


def price_of(plan):
    recurring = {name: getattr(plan, name) for name in ("interval", "interval_count", "usage_type")}
    about = {"id": plan.id, "object": "price", "currency": plan.currency, "unit_amount_decimal": str(plan.amount)}
    return {**about, "nickname": plan.nickname, "recurring": recurring}


class Price(local.StripeObject):
    object = "price"

    @classmethod
    def _api_retrieve(cls, id):
        found = cls.__new__(cls)
        vars(found).update(price_of(local.Plan._api_retrieve(id)))
        return found


running_period = local.SubscriptionItem._current_period
local.SubscriptionItem._current_period = item_period
local.SubscriptionItem.price = property(lambda item: price_of(item.plan))
local.SubscriptionItem.current_period_start = property(lambda item: item._current_period()["start"])
local.SubscriptionItem.current_period_end = property(lambda item: item._current_period()["end"])
local.Subscription._api_create = classmethod(create_subscription)
local.Subscription._update = update_subscription
local.Subscription.currency = property(lambda one: one.plan.currency)
for name, value in {
    "discounts": [],
    "description": None,
    "pause_collection": None,
    "collection_method": "charge_automatically",
    "days_until_due": None,
    "default_payment_method": None,
}.items():
    setattr(local.Subscription, name, value)
