"""The policy: what an operator decides, as data. `policy.toml` is its written form.

Each matter is a list of clauses. Of those that are in force on a day, the one for the contract applies, else the one
for the jurisdiction, else the one for `default` (`rules.policy`). Each bears the rule and the text that it rests on.

Source: DOMAIN dates.2.
"""

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from models.money import Amount, Rounding
from models.payload import Payload
from models.vocabulary import Gate, Mode, OfferKind, PeriodEnd, Reason, Team

EVERYWHERE = "default"
"""The jurisdiction of clauses that apply where no other does."""
MOST_DAYS, MOST_MONTHS, MOST_YEARS = 3660, 120, 30
"""Nothing lasts longer: ten years; and thirty for the evidence, whose lock nobody can shorten."""
MOST_PEOPLE, MOST_LOOKS, LONGEST_TEXT = 20, 12, 1000

Whole = Annotated[int, Field(ge=0, strict=True)]
Days = Annotated[Whole, Field(gt=0, le=MOST_DAYS)]
Worth = Annotated[Amount, Field(le=10**15, decimal_places=6)]
"""Below nothing is for `farewell policy check` to find, as is what is finer than its currency."""


class PolicyPart(Payload):
    """A part of the file; a key that nobody knows is a mistake in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Clause(PolicyPart):
    """To whom it applies, in `[valid_from, valid_to)`, and what it rests on: `rule` is one of DOMAIN."""

    jurisdiction: str = EVERYWHERE
    contract: str | None = Field(default=None, min_length=1)
    rule: str
    citation: str = Field(min_length=1, max_length=LONGEST_TEXT)
    valid_from: date
    valid_to: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValueError("valid_to must come after valid_from")
        return self


class Span(PolicyPart):
    """A length of time in the customer's calendar: months first, then days, then working days."""

    months: Whole = Field(le=MOST_MONTHS, default=0)
    days: Whole = Field(le=MOST_DAYS, default=0)
    working_days: Whole = Field(le=MOST_DAYS, default=0)


class Period(Clause, Span):
    """A length of time, and the least and the most that a contract may make of it.

    `ends`: it lasts on to the end of the month, quarter, half-year, year or term in which it would end.
    `to_working_day`: an end at the close of a weekend day or holiday moves on to that of the next working day.
    """

    ends: PeriodEnd = PeriodEnd.ANY_DAY
    at_least: Span | None = None
    at_most: Span | None = None
    to_working_day: bool = False


class ApprovalClause(Clause):
    """How many must say yes at a gate; of several that fit, the largest number counts.

    `mode` limits it to one way out; `yearly_value` to accounts worth that much or more, per ISO 4217 currency.
    """

    gate: Gate
    required: Whole = Field(gt=0, le=MOST_PEOPLE)
    mode: Mode | None = None
    yearly_value: dict[str, Worth] = {}


class RoundingClause(Clause):
    """How a line is brought to its currency's minor units. Source: DOMAIN money.1."""

    method: Rounding = "half_up"


class WriteOffClause(Clause):
    """The debts that are forgiven: a balance at or under the threshold of its currency. Source: DOMAIN money.6."""

    thresholds: dict[str, Worth]


class CreditClause(Clause):
    """Whether a credit balance that no payment holds is paid out, or ends with the account. Source: DOMAIN money.3."""

    pay_out: bool


class EarlyTerminationClause(Clause):
    """Whether a contract's early-termination fee is lawful, and at most which share of the remaining price.

    Source: DOMAIN dates.3 (Art. 29(4) and recital 89 of the Data Act).
    """

    lawful: bool
    at_most: Decimal = Field(ge=0, le=1, default=Decimal(1))


class PauseClause(Clause):
    """Whether an account may pause, for how long, and how often in twelve months. Source: DOMAIN modes.1."""

    allowed: bool
    usual_days: Days = 90
    most_days: Days = 180
    most_in_a_year: Days = 2
    reminder_days: Days = 7


class LateChargeClause(Clause):
    """When we look for charges after the effective date, in days after it, and whether we refund them by ourselves.

    Source: DOMAIN money.9.
    """

    look_after_days: tuple[Annotated[Whole, Field(le=MOST_DAYS)], ...] = Field(min_length=1, max_length=MOST_LOOKS)
    refund: bool


class Cadence(Clause):
    """The follow-ups, in days after the goodbye, and the hours in which they may arrive.

    Source: DOMAIN messages.5.
    """

    thanks_days: Days
    survey_reminder_days: Days
    come_back_days: Days
    earliest_hour: Whole = Field(le=23)
    latest_hour: Whole = Field(ge=1, le=24)
    max_touches: Whole = Field(gt=0, le=MOST_PEOPLE)


class OfferClause(Clause):
    """What may be offered to whom: the first clause in force that names the reason, and fits the account, counts.

    `reasons` are those that it answers; `come_back`: it is for who has left, months later, and answers none. Of a
    kind's figures only its own are named: `percent` and `months` (discount), `months` (free_months), `plan` and `price`
    by currency, a `per` each (smaller_plan), `days` (pause, extended_retrieval), `share` of the last invoice (refund).
    `answer_days`: until when it may be accepted. Source: DOMAIN messages.4, messages.5.
    """

    kind: OfferKind
    reasons: tuple[Reason, ...] = ()
    come_back: bool = False
    percent: Decimal | None = Field(default=None, gt=0, le=100)
    months: Days | None = None
    days: Days | None = None
    plan: str | None = Field(default=None, min_length=1, max_length=LONGEST_TEXT)
    price: dict[str, Worth] = {}
    per: Literal["month", "year"] = "month"
    share: Decimal | None = Field(default=None, gt=0, le=1)
    least_yearly_value: dict[str, Worth] = {}
    answer_days: Days = 14


class StakeholderClause(Clause):
    """What a team of ours must do of an exit, where it is written to, and by when.

    `due`: `due_days` working days before (below 0: after) that date of the plan; they are reminded `remind_days`
    working days before it; what isn't done then is told to `escalate_to` (nothing: the account's manager).
    Source: SEEDS 002.
    """

    team: Team
    address: str
    does: dict[str, str] = Field(min_length=1)
    due: str = "effective_date"
    due_days: Annotated[int, Field(ge=-365, le=365, strict=True)] = 0
    remind_days: Whole = Field(le=MOST_DAYS, default=2)
    modes: tuple[Mode, ...] = (Mode.STOP, Mode.EJECT)
    escalate_to: str | None = None


class HoldNoticeClause(Clause):
    """Whether a customer may be told of a legal hold: counsel's word, which the citation names."""

    tell: bool


class Sender(PolicyPart):
    """Who writes, and whom the customer may ask; where the refund policy is read."""

    company: str
    product: str
    address: str
    help_name: str
    help_address: str
    refund_policy_url: str | None = None


class House(PolicyPart):
    """What is the same for everybody, in days and years of the calendar.

    Attributes:
        zombie_scan_days: days after access was closed, and again after the seal, on which we look for ways in.
        processor_remind_days: between two requests to a sub-processor that hasn't confirmed.
        key_copies_days: how long copies (backups) of the key store live.
    """

    approval_days: Days
    retrieval_reminder_days: Days
    silence_days: Whole = Field(le=MOST_DAYS)
    hold_confirm_days: Days
    evidence_years: Whole = Field(gt=0, le=MOST_YEARS)
    users_a_page: Whole = Field(gt=0, le=10_000, default=500)
    zombie_scan_days: tuple[Days, ...] = Field(default=(3, 30), max_length=MOST_LOOKS)
    processor_remind_days: Days = 7
    key_copies_days: Whole = Field(le=MOST_DAYS, default=35)


class Policy(PolicyPart):
    """All of it. Amounts are per ISO 4217 currency."""

    version: str = Field(min_length=1, max_length=LONGEST_TEXT)
    notice: tuple[Period, ...]
    transition: tuple[Period, ...]
    late_usage: tuple[Period, ...]
    retrieval: tuple[Period, ...]
    backups: tuple[Period, ...]
    approvals: tuple[ApprovalClause, ...]
    rounding: tuple[RoundingClause, ...]
    write_off: tuple[WriteOffClause, ...]
    credit: tuple[CreditClause, ...]
    early_termination: tuple[EarlyTerminationClause, ...]
    pause: tuple[PauseClause, ...]
    late_charges: tuple[LateChargeClause, ...]
    cadence: tuple[Cadence, ...]
    offer: tuple[OfferClause, ...] = ()
    stakeholder: tuple[StakeholderClause, ...] = ()
    hold_notice: tuple[HoldNoticeClause, ...] = ()
    house: House
    sender: Sender


def read_policy(path: Path) -> Policy:
    """Reads `policy.toml`.

    Raises:
        OSError, tomllib.TOMLDecodeError, pydantic.ValidationError: missing, no TOML, or of another form.
    """
    return Policy.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
