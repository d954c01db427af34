"""Subscriptions that don't renew, and that end; and as before. Source: DOMAIN money.4, modes.4.

Each bears in its metadata what ended it and how it was, so that an undo gives back what was.
"""

import json
from datetime import datetime
from typing import Any, Literal

import stripe
from stripe import StripeClient, Subscription
from stripe.params import SubscriptionCancelParams, SubscriptionUpdateParams

from connectors.stripe import marks
from connectors.stripe.books import ident
from connectors.stripe.marks import everything, once
from connectors.stripe.past import is_past, past
from connectors.stripe.subscriptions import LIVE, is_metered, live, period_of, subscriptions

NOTHING: Literal[""] = ""  # what unsets a value at Stripe


def stop(client: StripeClient, customer: str, ends_at: datetime, key: str, at: datetime) -> int:
    """Sets the end of those that would go on longer; a later notice moves it. Nothing is credited by Stripe.

    An end that has come sets none: Stripe takes only one to come, and the freeze is due.
    Answers how many bear an end of ours.
    """
    end = int(ends_at.timestamp())
    for each in live(client, customer):
        ours = marks.of(each).get(marks.STOPPED)
        goes_on = each.cancel_at != end if ours else each.cancel_at is None or each.cancel_at > end
        if goes_on and ends_at > at and not is_past(each, key):
            told = {marks.STOPPED: key, **(past(each, ours) if ours and ours != key else {})}
            if not ours:
                told[marks.BEFORE] = json.dumps(_end_of(each))
            client.v1.subscriptions.update(
                each.id,
                {"cancel_at": end, "proration_behavior": "none", "metadata": told},
                once(key, f"stop:{each.id}:{end}:{each.cancel_at}"),
            )
    return sum(marks.STOPPED in marks.of(each) for each in live(client, customer))


def go_on(client: StripeClient, customer: str, key: str) -> int:
    """Those that we stopped and that still live renew as before; no late attempt at `key` stops them again."""
    standing = live(client, customer)
    for each in standing:
        ours = marks.of(each).get(marks.STOPPED)
        if ours or not is_past(each, key):
            client.v1.subscriptions.update(each.id, _as_before(each, past(each, key, ours or "")))
    return len(standing)


def freeze(client: StripeClient, customer: str, key: str, at: datetime) -> int:
    """Ends all now; Stripe credits nothing and bills nothing but metered usage that it holds.

    What Stripe itself ended at the date of our notice is marked too. Answers how many the effect `key` ended.
    """
    for each in subscriptions(client, customer):
        known = marks.of(each)
        if is_past(each, key):
            continue
        if marks.FROZEN not in known and (each.status in LIVE or marks.STOPPED in known):
            told = {marks.FROZEN: key, marks.FROZEN_AT: str(int(at.timestamp()))}
            client.v1.subscriptions.update(each.id, {"metadata": told})
        if each.status in LIVE:
            _cancel(client, each, key)
    return sum(marks.of(each).get(marks.FROZEN) == key for each in subscriptions(client, customer))


def _cancel(client: StripeClient, each: Subscription, key: str) -> None:
    """Ends it; Stripe may have done so in the meantime, at the date of our notice, and then knows none to end."""
    asked: SubscriptionCancelParams = {"invoice_now": is_metered(each), "prorate": False}
    try:
        client.v1.subscriptions.cancel(each.id, asked, once(key, f"cancel:{each.id}"))
    except stripe.InvalidRequestError:
        if client.v1.subscriptions.retrieve(each.id).status in LIVE:
            raise


def unfreeze(client: StripeClient, customer: str, key: str, at: datetime) -> int:
    """Makes those anew that the effect `key` ended, for Stripe revives none: same prices, billed when they would be."""
    known = subscriptions(client, customer)
    ended = [each for each in known if marks.of(each).get(marks.FROZEN) == key and each.status not in LIVE]
    replaced = {marks.of(each).get(marks.REPLACES) for each in known}
    for each in ended:
        if each.id not in replaced:
            client.v1.subscriptions.create(_like(each, customer, key, at), once(key, f"again:{each.id}"))
    return len(ended)


def _end_of(each: Subscription) -> dict[str, Any]:
    return {"cancel_at": each.cancel_at, "cancel_at_period_end": each.cancel_at_period_end}


def _as_before(each: Subscription, gone: dict[str, str]) -> SubscriptionUpdateParams:
    known = marks.of(each)
    if marks.STOPPED not in known:
        return {"metadata": gone}
    before = json.loads(known[marks.BEFORE])
    asked: SubscriptionUpdateParams = {
        "proration_behavior": "none",
        "metadata": {**gone, marks.STOPPED: NOTHING, marks.BEFORE: NOTHING},
    }
    if before["cancel_at_period_end"]:
        asked["cancel_at_period_end"] = True
    else:
        asked["cancel_at"] = before["cancel_at"] or NOTHING
    return asked


def _like(each: Subscription, customer: str, key: str, at: datetime) -> Any:
    """The same again. The period that was paid ends when it would have; if it's over, a new one starts."""
    items = everything(each.items)
    own = {name: value for name, value in marks.of(each).items() if not name.startswith(marks.KEY)}
    made: dict[str, Any] = {
        "customer": customer,
        "items": [_item_like(item) for item in items],
        "collection_method": each.collection_method,
        "metadata": {**own, **past(each, key), marks.REPLACES: each.id},
        **_paid_like(each),
    }
    paid_until = max(item.current_period_end for item in items)
    if paid_until > at.timestamp():
        made |= {"billing_cycle_anchor": paid_until, "proration_behavior": "none"}
        made["metadata"][marks.PERIOD] = json.dumps(period_of(each, items[0]))
    return made


def _paid_like(each: Subscription) -> dict[str, Any]:
    """How it's paid, taxed and discounted."""
    made: dict[str, Any] = {}
    if each.collection_method == "send_invoice":
        made["days_until_due"] = each.days_until_due
    elif each.default_payment_method:
        made["default_payment_method"] = each.default_payment_method
    if each.default_tax_rates:
        made["default_tax_rates"] = [rate.id for rate in each.default_tax_rates]
    coupons = [{"coupon": name} for found in each.discounts if (name := _coupon(found))]
    return made | ({"discounts": coupons} if coupons else {})


def _coupon(discount: Any) -> str:
    return ident(discount.source.coupon)


def _item_like(item: Any) -> dict[str, Any]:
    made = {"price": item.price.id, "metadata": marks.of(item)}
    if item.price.recurring and item.price.recurring.usage_type == "licensed":
        made["quantity"] = item.quantity
    return made | ({"tax_rates": [rate.id for rate in item.tax_rates]} if item.tax_rates else {})
