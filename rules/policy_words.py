"""What a clause of the policy says, in words for people."""

from collections.abc import Mapping
from decimal import Decimal
from functools import singledispatch

from models.policy import (
    ApprovalClause,
    Cadence,
    Clause,
    CreditClause,
    EarlyTerminationClause,
    HoldNoticeClause,
    LateChargeClause,
    OfferClause,
    PauseClause,
    Period,
    RoundingClause,
    Span,
    StakeholderClause,
    WriteOffClause,
)
from models.vocabulary import OfferKind, PeriodEnd

_ROUNDED = {"half_up": "half a unit up", "half_even": "half a unit to the even one"}


def span_in_words(span: Span) -> str:
    """`2 months and 5 working days`; `no time` where nothing is said."""
    named = {"month": span.months, "day": span.days, "working day": span.working_days}
    return listed([_counted(number, unit) for unit, number in named.items() if number]) or "no time"


def listed(parts: list[str], last: str = "and") -> str:
    """`a, b and c`."""
    return f" {last} ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)


def amounts_in_words(amounts: Mapping[str, Decimal]) -> str:
    """`20.00 GBP or 3000 JPY`, by currency."""
    return listed([f"{amount:f} {currency}" for currency, amount in sorted(amounts.items())], "or")


@singledispatch
def in_words(clause: Clause) -> str:
    """What the clause says; each kind in its own words."""
    raise TypeError(f"no words for {type(clause).__name__}")


@in_words.register
def _(period: Period) -> str:
    said = span_in_words(period)
    if period.ends is not PeriodEnd.ANY_DAY:
        said += f" to the end of {'the term' if period.ends is PeriodEnd.TERM else _a(period.ends)}"
    if period.at_least is not None:
        said += f", at least {span_in_words(period.at_least)}"
    if period.at_most is not None:
        said += f", at most {span_in_words(period.at_most)}"
    return said + (", on to the end of a working day" if period.to_working_day else "")


@in_words.register
def _(approval: ApprovalClause) -> str:
    said = f"{approval.required} for the {approval.gate}"
    if approval.mode is not None:
        said += f" of an exit by {approval.mode}"
    worth = amounts_in_words(approval.yearly_value)
    return said + (f" of accounts worth {worth} a year, or more" if worth else "")


@in_words.register
def _(rounding: RoundingClause) -> str:
    return f"each line, {_ROUNDED[rounding.method]}"


@in_words.register
def _(write_off: WriteOffClause) -> str:
    forgiven = amounts_in_words(write_off.thresholds)
    return f"at or under {forgiven} is forgiven" if forgiven else "nothing is forgiven"


@in_words.register
def _(credit: CreditClause) -> str:
    return "paid out" if credit.pay_out else "ends with the account"


@in_words.register
def _(fee: EarlyTerminationClause) -> str:
    if not fee.lawful:
        return "no fee"
    return f"what the contract names, at most {percent(fee.at_most)} of the remaining price"


@in_words.register
def _(pause: PauseClause) -> str:
    if not pause.allowed:
        return "not allowed"
    length = f"{_counted(pause.usual_days, 'day')}, at most {pause.most_days}"
    return (
        f"{length}; {pause.most_in_a_year} in twelve months; a reminder {_counted(pause.reminder_days, 'day')} before"
    )


@in_words.register
def _(late: LateChargeClause) -> str:
    days = listed([str(day) for day in late.look_after_days])
    return f"looked for {days} days after the end, and {'refunded' if late.refund else 'told to finance'}"


@in_words.register
def _(cadence: Cadence) -> str:
    days = f"thanks after {_counted(cadence.thanks_days, 'day')}, the survey's reminder after"
    days += f" {cadence.survey_reminder_days}, a come-back offer after {cadence.come_back_days}"
    hours = f"from {cadence.earliest_hour}:00 to {cadence.latest_hour}:00"
    return f"{days}; {hours}; at most {_counted(cadence.max_touches, 'message')}"


@in_words.register
def _(offer: OfferClause) -> str:
    whom = (
        "for who left, months later" if offer.come_back else f"for {listed([_plain(r) for r in offer.reasons], 'or')}"
    )
    worth = amounts_in_words(offer.least_yearly_value)
    of = f", of accounts worth {worth} a year, or more" if worth else ""
    return f"{_offered(offer)}, {whom}{of}; to be answered within {_counted(offer.answer_days, 'day')}"


@in_words.register
def _(stakeholder: StakeholderClause) -> str:
    far = _counted(abs(stakeholder.due_days), "working day")
    when = f"{far} {'before' if stakeholder.due_days > 0 else 'after'}" if stakeholder.due_days else "by"
    modes = listed([mode.value for mode in stakeholder.modes], "or")
    said = f"{_plain(stakeholder.team)} ({stakeholder.address}), {when} the {_plain(stakeholder.due)} of a {modes}"
    return f"{said}; reminded {_counted(stakeholder.remind_days, 'working day')} before"


@in_words.register
def _(notice: HoldNoticeClause) -> str:
    return "the customer is told of a hold" if notice.tell else "the customer isn't told of a hold"


def _offered(offer: OfferClause) -> str:
    days, months = (_counted(number or 0, unit) for number, unit in ((offer.days, "day"), (offer.months, "month")))
    said = {
        OfferKind.PAUSE: f"a pause of {days}",
        OfferKind.SMALLER_PLAN: f"the plan {offer.plan} at {amounts_in_words(offer.price)} a {offer.per}",
        OfferKind.DISCOUNT: f"{_number(offer.percent)} % off for {months}",
        OfferKind.FREE_MONTHS: f"{months} free",
        OfferKind.EXTENDED_RETRIEVAL: f"{days} more to fetch the package",
        OfferKind.REFUND: f"{percent(offer.share or Decimal(0))} of the last invoice back",
        OfferKind.PERSON: "a talk with a person",
    }
    return said[offer.kind]


def _number(amount: Decimal | None) -> str:
    return f"{(amount or Decimal(0)).normalize():f}"


def _plain(word: str) -> str:
    return word.replace("_", " ")


def percent(share: Decimal) -> str:
    """`25 %`."""
    return f"{(share * 100).normalize():f} %"


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _a(unit: PeriodEnd) -> str:
    return f"a {unit.replace('_', '-')}"
