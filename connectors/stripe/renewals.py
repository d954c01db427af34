"""Subscriptions that don't renew, end, or rest; and as before. Source: DOMAIN money.4, modes.1, modes.4.

Each bears in its metadata what ended it and how it was, so that an undo gives back what was.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from stripe import StripeClient, Subscription
from stripe.params import SubscriptionUpdateParams

from connectors.stripe import marks
from connectors.stripe.marks import everything, once
from connectors.stripe.moving import move_service
from connectors.stripe.subscriptions import LIVE, is_metered, live, subscriptions

NOTHING: Literal[""] = ""  # what unsets a value at Stripe


def stop(client: StripeClient, customer: str, ends_at: datetime, key: str) -> int:
    """Sets the end of those that would go on longer; a later notice moves it. Nothing is credited by Stripe.

    Answers how many bear an end of ours.
    """
    end = int(ends_at.timestamp())
    for each in live(client, customer):
        ours = marks.STOPPED in marks.of(each)
        if each.cancel_at != end and (ours or each.cancel_at is None or each.cancel_at > end):
            told = marks.of(each) if ours else _before(each)
            client.v1.subscriptions.update(
                each.id,
                {
                    "cancel_at": end,
                    "proration_behavior": "none",
                    "metadata": {marks.STOPPED: key, marks.BEFORE: told[marks.BEFORE]},
                },
                once(key, f"stop:{each.id}:{end}:{each.cancel_at}"),
            )
    return sum(marks.STOPPED in marks.of(each) for each in live(client, customer))


def go_on(client: StripeClient, customer: str) -> int:
    """Those that we stopped and that still live renew as before."""
    stopped = [each for each in live(client, customer) if marks.STOPPED in marks.of(each)]
    for each in stopped:
        before = json.loads(marks.of(each)[marks.BEFORE])
        unmarked: dict[str, str] = {marks.STOPPED: NOTHING, marks.BEFORE: NOTHING}
        asked: SubscriptionUpdateParams = {"proration_behavior": "none", "metadata": unmarked}
        if before["cancel_at_period_end"]:
            asked["cancel_at_period_end"] = True
        else:
            asked["cancel_at"] = before["cancel_at"] or NOTHING
        client.v1.subscriptions.update(each.id, asked)
    return len(stopped)


def freeze(client: StripeClient, customer: str, key: str) -> int:
    """Ends all now; Stripe credits nothing and bills nothing but metered usage that it holds.

    What Stripe itself ended at the date of our notice is marked too. Answers how many the effect `key` ended.
    """
    for each in subscriptions(client, customer):
        known = marks.of(each)
        if marks.FROZEN not in known and (each.status in LIVE or marks.STOPPED in known):
            client.v1.subscriptions.update(each.id, {"metadata": {marks.FROZEN: key}})
        if each.status in LIVE:
            client.v1.subscriptions.cancel(
                each.id, {"invoice_now": is_metered(each), "prorate": False}, once(key, f"cancel:{each.id}")
            )
    return sum(marks.of(each).get(marks.FROZEN) == key for each in subscriptions(client, customer))


def unfreeze(client: StripeClient, customer: str, key: str, at: datetime) -> int:
    """Makes those anew that the effect `key` ended, for Stripe revives none: same prices, billed when they would be."""
    known = subscriptions(client, customer)
    ended = [each for each in known if marks.of(each).get(marks.FROZEN) == key and each.status not in LIVE]
    replaced = {marks.of(each).get(marks.REPLACES) for each in known}
    for each in ended:
        if each.id not in replaced:
            client.v1.subscriptions.create(_like(each, customer, at), once(key, f"again:{each.id}"))
    return len(ended)


def suspend(client: StripeClient, customer: str, key: str, at: datetime) -> int:
    """What falls due in the pause is void; remembers how long each was paid ahead. Source: DOMAIN modes.1."""
    for each in live(client, customer):
        known = marks.of(each)
        if each.pause_collection is None and known.get(marks.RESUMED) != key:
            paid_until = max(item.current_period_end for item in everything(each.items))
            kept = {"seconds_ahead": max(paid_until - int(at.timestamp()), 0), "since": int(at.timestamp())}
            client.v1.subscriptions.update(
                each.id,
                {
                    "pause_collection": {"behavior": "void"},
                    "metadata": {marks.PAUSED: key, marks.BEFORE: json.dumps(kept)},
                },
                once(key, f"pause:{each.id}"),
            )
    return sum(marks.of(each).get(marks.PAUSED) == key for each in live(client, customer))


def resume(client: StripeClient, customer: str, key: str, at: datetime) -> int:
    """Those that `key` paused charge again, after the days that were paid ahead and not used, as a trial."""
    paused = [each for each in live(client, customer) if marks.of(each).get(marks.PAUSED) == key]
    for each in paused:
        kept = json.loads(marks.of(each)[marks.BEFORE])
        move_service(client, each.id, key, kept["since"], int(at.timestamp()))
        asked: SubscriptionUpdateParams = {
            "pause_collection": NOTHING,
            "proration_behavior": "none",
            "metadata": {marks.PAUSED: NOTHING, marks.BEFORE: NOTHING, marks.RESUMED: key},
        }
        if kept["seconds_ahead"]:
            asked["trial_end"] = int(at.timestamp()) + kept["seconds_ahead"]
        else:
            asked["billing_cycle_anchor"] = {"type": "now"}
        client.v1.subscriptions.update(each.id, asked, once(key, f"resume:{each.id}"))
    return sum(marks.of(each).get(marks.RESUMED) == key for each in live(client, customer))


def _before(each: Subscription) -> Mapping[str, str]:
    kept = {"cancel_at": each.cancel_at, "cancel_at_period_end": each.cancel_at_period_end}
    return {marks.BEFORE: json.dumps(kept)}


def _like(each: Subscription, customer: str, at: datetime) -> Any:
    """The same again. The period that was paid ends when it would have; if it's over, a new one starts."""
    items = everything(each.items)
    made: dict[str, Any] = {
        "customer": customer,
        "items": [_item_like(item) for item in items],
        "collection_method": each.collection_method,
        "metadata": {
            **{name: value for name, value in marks.of(each).items() if not name.startswith(marks.KEY)},
            marks.REPLACES: each.id,
        },
    }
    if each.collection_method == "send_invoice":
        made["days_until_due"] = each.days_until_due
    elif each.default_payment_method:
        made["default_payment_method"] = each.default_payment_method
    if each.default_tax_rates:
        made["default_tax_rates"] = [rate.id for rate in each.default_tax_rates]
    coupons = [{"coupon": found.source.coupon.id} for found in each.discounts]  # type: ignore[union-attr]  # expanded
    if coupons:
        made["discounts"] = coupons
    paid_until = max(item.current_period_end for item in items)
    if paid_until > at.timestamp():
        made |= {"billing_cycle_anchor": paid_until, "proration_behavior": "none"}
    return made


def _item_like(item: Any) -> dict[str, Any]:
    made = {"price": item.price.id, "metadata": marks.of(item)}
    if item.price.recurring and item.price.recurring.usage_type == "licensed":
        made["quantity"] = item.quantity
    return made | ({"tax_rates": [rate.id for rate in item.tax_rates]} if item.tax_rates else {})
