"""Subscriptions of Stripe's as the money engine knows them. Source: DOMAIN money.2."""

from collections.abc import Iterator
from decimal import Decimal
from typing import cast, get_args

from stripe import Discount, StripeClient, Subscription, SubscriptionItem

from connectors.stripe.amounts import major
from connectors.stripe.books import PAGE
from connectors.stripe.invoices import moment, share_of
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
            yield _state(subscription, item, subscription.id if len(items) == 1 else item.id)


def is_metered(subscription: Subscription) -> bool:
    """Whether it has usage that an invoice at its end should carry."""
    recurring = [item.price.recurring for item in everything(subscription.items)]
    return any(each and each.usage_type == "metered" for each in recurring)


def _state(subscription: Subscription, item: SubscriptionItem, name: str) -> SubscriptionState:
    recurring = item.price.recurring
    interval = recurring.interval if recurring and recurring.interval in _INTERVALS else "month"
    rates = item.tax_rates or subscription.default_tax_rates or []
    paused = subscription.pause_collection is not None
    ends = moment(subscription.cancel_at) if subscription.cancel_at else None
    return SubscriptionState(
        subscription_id=name,
        description=subscription.description or item.price.nickname or item.price.id,
        currency=subscription.currency.upper(),
        interval=interval,
        price=_price(item),
        quantity=Decimal(item.quantity or 1),
        period_start=moment(item.current_period_start),
        period_end=moment(item.current_period_end),
        tax_rate=sum((share_of(rate) for rate in rates if not rate.inclusive), ZERO),
        discount=_discount(subscription),
        ends_at=moment(item.current_period_end) if paused and ends is None else ends,
    )


def _price(item: SubscriptionItem) -> Decimal:
    """For all of its quantity; tiers can't be told in one price and count as nothing."""
    unit = item.price.unit_amount
    return ZERO if unit is None else major(unit * (item.quantity or 1), item.price.currency)


def _discount(subscription: Subscription) -> Decimal:
    """The share that coupons take off; a fixed amount is none."""
    left = Decimal(1)
    for each in subscription.discounts:
        coupon = cast("Discount", each).source.coupon
        percent = None if coupon is None or isinstance(coupon, str) else coupon.percent_off
        left *= 1 - Decimal(str(percent or 0)) / 100
    return 1 - left
