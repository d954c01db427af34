"""What settling the money is asked, and what it answers."""

from pydantic import AwareDatetime

from models.money import Amount, Difference
from models.payload import EffectRequest, Payload


class StatementRequest(EffectRequest):
    """The final statement as of the billing end, on the terms of a plan."""

    billing_end: AwareDatetime
    plan_hash: str


class StatementResult(Payload):
    """`differences` are the lines that the billing system holds otherwise; at most ten, `differing` counts them all.

    `handed_over` is owed to us above the threshold; `to_pay_out` by us, without a payment to send it back to; both per
    currency. `pending` refunds were asked for and aren't confirmed yet; `failed` ones couldn't be sent back.
    """

    digest: str
    closed: bool
    differences: tuple[Difference, ...] = ()
    differing: int = 0
    handed_over: dict[str, Amount] = {}
    to_pay_out: dict[str, Amount] = {}
    pending: int = 0
    failed: dict[str, Amount] = {}


class RefundsRequest(EffectRequest):
    """Asks what became of the refunds that the effect `settled_by` (an idempotency key) asked for."""

    settled_by: str


class RefundsResult(Payload):
    """`failed` holds, per currency, what couldn't be sent back and must be paid out otherwise."""

    pending: int
    failed: dict[str, Amount] = {}


class ChargeWatchRequest(EffectRequest):
    """Looks for charges from `since` on that no effect of ours made, on the terms of a plan. Source: DOMAIN money.9."""

    since: AwareDatetime
    plan_hash: str


class ChargeWatchResult(Payload):
    """`found` charges, of which `refunded` went back by themselves and `left` wait for a person, per currency."""

    found: int
    refunded: dict[str, Amount] = {}
    left: dict[str, Amount] = {}
