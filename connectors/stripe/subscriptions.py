"""Subscriptions of Stripe's as the money engine knows them. Source: DOMAIN money.2."""

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import cast, get_args

from stripe import Discount, StripeClient, Subscription, SubscriptionItem

from connectors.stripe import marks
from connectors.stripe.amounts import major
from connectors.stripe.books import PAGE
from connectors.stripe.invoices import in_short, moment, share_of
from connectors.stripe.marks import everything
from models.money import ZERO, SubscriptionState

LIVE = frozenset({"active", "trialing", "past_due", "unpaid", "incomplete", "paused"})
_INTERVALS = get_args(SubscriptionState.model_fields["interval"].annotation)
_EXPANDED = ["data.discounts.source.coupon"]


def subscriptions(client: StripeClient, customer: str) -> list[Subscription]:
    """All that a customer ever had."""
    asked = client.v1.subscriptions.list(
        {"customer": customer, "status": "all", "limit": PAGE, "expand": _EXPANDED},
    )
    return everything(asked)


def live(client: StripeClient, customer: str) -> list[Subscription]:
    """Those that haven't ended."""
    return [each for each in subscriptions(client, customer) if each.status in LIVE]


def states(subscription: Subscription) -> Iterator[SubscriptionState]:
    """What it charges in advance, an item each; metered items and those of several intervals a period aren't told.

    An item alone bears the subscription's id.
    """
    items = everything(subscription.items)
    for item in items:
        recurring = item.price.recurring
        if recurring and recurring.usage_type == "licensed" and recurring.interval_count == 1:
            name = marks.of(subscription).get(marks.REPLACES, subscription.id)
            yield _state(subscription, item, name if len(items) == 1 else item.id)


def period_of(subscription: Subscription, item: SubscriptionItem) -> tuple[int, int]:
    """The period that is paid; at Stripe it starts with a subscription that replaces another, or with a trial."""
    told = json.loads(marks.of(subscription).get(marks.PERIOD, "null"))
    if isinstance(told, list) and told[1] == item.current_period_end:
        return told[0], told[1]
    return item.current_period_start, item.current_period_end


def standing(client: StripeClient, customer: str) -> list[Subscription]:
    """Those that live, and those that we ended and that none replaces."""
    known = subscriptions(client, customer)
    replaced = {marks.of(each).get(marks.REPLACES) for each in known}
    return [x for x in known if x.status in LIVE or (marks.FROZEN in marks.of(x) and x.id not in replaced)]


def is_metered(subscription: Subscription) -> bool:
    """Whether it has usage that an invoice at its end should carry."""
    recurring = [item.price.recurring for item in everything(subscription.items)]
    return any(each and each.usage_type == "metered" for each in recurring)


def _state(subscription: Subscription, item: SubscriptionItem, name: str) -> SubscriptionState:
    recurring = item.price.recurring
    interval = recurring.interval if recurring and recurring.interval in _INTERVALS else "month"
    rates = item.tax_rates or subscription.default_tax_rates or []
    starts, ends = period_of(subscription, item)
    return SubscriptionState(
        subscription_id=name,
        description=in_short(subscription.description or item.price.nickname or item.price.id),
        currency=subscription.currency.upper(),
        interval=interval,
        price=_price(item),
        quantity=Decimal(_quantity(item)),
        period_start=moment(starts),
        period_end=moment(ends),
        tax_rate=sum((share_of(rate) for rate in rates if not rate.inclusive), ZERO),
        discount=_discount(subscription),
        ends_at=_ends(subscription, ends),
    )


def _ends(subscription: Subscription, period_end: int) -> datetime | None:
    """When it stops charging: at its end, at our freeze, or with the period of a pause."""
    frozen = marks.of(subscription).get(marks.FROZEN_AT)
    paused = period_end if subscription.pause_collection is not None else None
    found = [end for end in (subscription.cancel_at, int(frozen) if frozen else None, paused) if end]
    return moment(min(found)) if found else None


def _price(item: SubscriptionItem) -> Decimal:
    """For all of its quantity; tiers can't be told in one price and count as nothing."""
    unit = item.price.unit_amount_decimal
    return ZERO if unit is None else major(unit * _quantity(item), item.price.currency)


def _quantity(item: SubscriptionItem) -> int:
    """Of seats there may be none; what isn't counted is there once."""
    return 1 if item.quantity is None else item.quantity


def _discount(subscription: Subscription) -> Decimal:
    """The share that coupons take off; a fixed amount is none."""
    left = Decimal(1)
    for each in subscription.discounts:
        coupon = cast("Discount", each).source.coupon
        percent = None if coupon is None or isinstance(coupon, str) else coupon.percent_off
        left *= 1 - Decimal(str(percent or 0)) / 100
    return 1 - left
