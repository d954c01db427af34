"""Subscriptions that rest for a while. Source: DOMAIN modes.1.

Source: https://docs.stripe.com/billing/subscriptions/pause-payment: what falls due in the pause is void.
"""

import json
from datetime import datetime

from stripe import StripeClient, Subscription
from stripe.params import SubscriptionUpdateParams

from connectors.stripe import marks
from connectors.stripe.marks import everything, once
from connectors.stripe.moving import move_service
from connectors.stripe.past import is_past, past
from connectors.stripe.renewals import NOTHING
from connectors.stripe.subscriptions import live, period_of

_HOUR, _DAY = 3600, 86_400


def suspend(client: StripeClient, customer: str, key: str, at: datetime) -> int:
    """Nothing is collected any more; remembers until when each was paid. Answers how many bear the key."""
    for each in live(client, customer):
        if each.pause_collection is None and not is_past(each, key):
            starts, ends = period_of(each, everything(each.items)[0])
            kept = {"since": int(at.timestamp()), "starts": starts, "ends": ends}
            client.v1.subscriptions.update(
                each.id,
                {
                    "pause_collection": {"behavior": "void"},
                    "metadata": {marks.PAUSED: key, marks.PERIOD: json.dumps(kept)},
                },
                once(key, f"pause:{each.id}"),
            )
    return sum(marks.of(each).get(marks.PAUSED) == key for each in live(client, customer))


def resume(client: StripeClient, customer: str, key: str, at: datetime) -> int:
    """Those that `key` paused charge again, after the days that were paid ahead and not used, as a trial."""
    standing = live(client, customer)
    for each in standing:
        if marks.of(each).get(marks.PAUSED) == key:
            _resume(client, each, key, int(at.timestamp()))
        elif not is_past(each, key):
            client.v1.subscriptions.update(each.id, {"metadata": past(each, key)})
    return len(standing)


def _resume(client: StripeClient, each: Subscription, key: str, at: int) -> None:
    kept = json.loads(marks.of(each)[marks.PERIOD])
    later = length(kept["since"], at)
    ends = kept["ends"] + later
    move_service(client, each.id, key, kept["since"], later)
    asked: SubscriptionUpdateParams = {
        "pause_collection": NOTHING,
        "proration_behavior": "none",
        "metadata": {
            **past(each, key),
            marks.PAUSED: NOTHING,
            marks.PERIOD: json.dumps([kept["starts"] + later, ends]),
        },
    }
    if kept["ends"] > kept["since"]:
        asked["trial_end"] = ends
    else:
        asked["billing_cycle_anchor"] = {"type": "now"}
    client.v1.subscriptions.update(each.id, asked, once(key, f"resume:{each.id}"))


def length(since: int, until: int) -> int:
    """Seconds of a pause; one that clocks have shortened by up to an hour counts as whole days.

    The customer's zone isn't known here, and nothing that was paid ahead may be lost. Source: DOMAIN dates.1.
    """
    missing = -(until - since) % _DAY
    return until - since + (missing if missing <= _HOUR else 0)
