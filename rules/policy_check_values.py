"""Values that can't be meant: currencies, hours, orders of days, names. Source: DOMAIN money.1, messages.5, modes.1."""

import re
from collections.abc import Iterator
from email.errors import MessageError
from email.headerregistry import Address
from itertools import pairwise
from urllib.parse import urlsplit

from babel.core import get_global

from models.policy import (
    EVERYWHERE,
    ApprovalClause,
    Cadence,
    EarlyTerminationClause,
    LateChargeClause,
    PauseClause,
    Period,
    Policy,
    Span,
    WriteOffClause,
)
from rules.policy_check_amounts import wrong_amounts
from rules.policy_found import Finding, Placed, every

FOLLOW_UPS, LONGEST_NAME = 3, 200
_EU = "EU"
_RULE = re.compile(r"(stages|modes|dates|money|identity|erasure|messages|audit)\.[1-9]\d?")


def unreachable(policy: Policy) -> Iterator[Finding]:
    """Clauses that no account and no contract can ever come to."""
    territories = get_global("territory_currencies")
    for each in every(policy):
        name, clause = each.clause.jurisdiction, each.clause
        if name not in {EVERYWHERE, _EU} and name.partition("-")[0] not in territories:
            fix = f"write {EVERYWHERE}, EU, or a country of ISO 3166 such as GB; accounts bear the same name"
            yield Finding(where=str(each), what=f"no account can be of jurisdiction {name!r}", fix=fix)
        if clause.contract is not None and isinstance(clause, ApprovalClause):
            what = "it can't be reached: an exit is approved for the account, not for one of its contracts"
            yield Finding(where=str(each), what=what, fix="take contract out: mode and yearly_value say when it counts")


def unsaid(policy: Policy) -> Iterator[Finding]:
    """Lengths that were forgotten, and a retrieval window in which nobody could fetch anything."""
    for each in every(policy):
        clause = each.clause
        if not isinstance(clause, Period):
            continue
        if not clause.model_fields_set & set(Span.model_fields):
            yield Finding(
                where=str(each), what="it says no length", fix="write days = 30, or days = 0 if none is meant"
            )
        elif each.matter == "retrieval" and not (clause.months or clause.days or clause.working_days):
            yield Finding(where=str(each), what="nobody can fetch anything in no time", fix="write days = 30")


def unnamed_rules(policy: Policy) -> Iterator[Finding]:
    """Clauses whose rule or citation leads nowhere."""
    for each in every(policy):
        if not _RULE.fullmatch(each.clause.rule):
            what = f"{each.clause.rule!r} is no rule of the domain"
            yield Finding(where=str(each), what=what, fix='write one such as "dates.2"')
        if not each.clause.citation.strip():
            fix = 'name the text that it rests on, or "house policy: …"'
            yield Finding(where=str(each), what="it cites nothing", fix=fix)


def uncountable(policy: Policy) -> Iterator[Finding]:
    """Amounts in no currency, below nothing, or finer than the currency's minor units. Source: DOMAIN money.1."""
    for each in every(policy):
        if isinstance(each.clause, WriteOffClause):
            yield from wrong_amounts(each, "thresholds", each.clause.thresholds)
        if isinstance(each.clause, ApprovalClause):
            yield from wrong_amounts(each, "yearly_value", each.clause.yearly_value)


def out_of_order(policy: Policy) -> Iterator[Finding]:
    """Days and hours that must follow each other, and don't."""
    for each in every(policy):
        for what, fix in _disorder(each):
            yield Finding(where=str(each), what=what, fix=fix)


def _disorder(each: Placed) -> Iterator[tuple[str, str]]:
    match each.clause:
        case Cadence() as cadence:
            yield from _cadence(cadence)
        case LateChargeClause() as late:
            days = late.look_after_days
            if days[0] < 1 or any(a >= b for a, b in pairwise(days)):
                yield f"look_after_days {list(days)} doesn't ascend from 1 or more", f"write {sorted({*days} - {0})}"
        case PauseClause() as pause:
            if pause.usual_days > pause.most_days:
                yield f"usual_days {pause.usual_days} is more than most_days {pause.most_days}", "correct one of them"
            if pause.reminder_days >= pause.usual_days:
                what = (
                    f"a reminder {pause.reminder_days} days before the end of {pause.usual_days} comes before it begins"
                )
                yield what, "make reminder_days less than usual_days"
        case EarlyTerminationClause() as fee if (
            not fee.lawful and "at_most" in fee.model_fields_set and fee.at_most < 1
        ):
            yield "at_most says nothing where no fee is lawful", "take it out, or write lawful = true"


def _cadence(cadence: Cadence) -> Iterator[tuple[str, str]]:
    days = cadence.thanks_days, cadence.survey_reminder_days, cadence.come_back_days
    if any(a >= b for a, b in pairwise(days)):
        what = "thanks_days, survey_reminder_days and come_back_days must ascend, here {}, {}, {}".format(*days)
        yield what, "put them in the order in which they're sent"
    if cadence.max_touches < FOLLOW_UPS:
        what = f"max_touches {cadence.max_touches} is less than the {FOLLOW_UPS} that it promises"
        yield what, f"write max_touches = {FOLLOW_UPS}"
    if cadence.latest_hour <= cadence.earliest_hour:
        what = f"nothing can arrive from {cadence.earliest_hour}:00 to {cadence.latest_hour}:00"
        yield what, "make latest_hour later than earliest_hour"


def house_and_sender(policy: Policy) -> Iterator[Finding]:
    """A reminder that comes before the window, and what no mail can bear."""
    early = policy.house.retrieval_reminder_days
    for each in every(policy):
        if each.matter == "retrieval" and isinstance(each.clause, Period) and _days(each.clause) <= early:
            what = f"retrieval_reminder_days {early} comes before the window of {each.name} ({each.whom}) begins"
            yield Finding(where="house", what=what, fix=f"write less than {_days(each.clause)}")
    for field in ("company", "product", "help_name"):
        text = getattr(policy.sender, field)
        if not text.strip() or not text.isprintable() or len(text) > LONGEST_NAME:
            what = f"{field} is empty, more than one line, or longer than {LONGEST_NAME} characters"
            yield Finding(where="sender", what=what, fix="write what a letter may bear")
    for field in ("address", "help_address"):
        written = getattr(policy.sender, field)
        if not is_address(written):
            fix = "write one such as goodbye@company.example"
            yield Finding(where="sender", what=f"{field} {written!r} is no mail address", fix=fix)
    refunds = policy.sender.refund_policy_url
    if refunds is not None and not _is_page(refunds):
        fix = "write one such as https://company.example/refunds, or take it out"
        yield Finding(where="sender", what=f"refund_policy_url {refunds!r} is no https address", fix=fix)


def _days(span: Span) -> int:
    """At least so many."""
    return span.months * 28 + span.days + span.working_days


def _is_page(written: str) -> bool:
    """Whether a customer's mail may link it: a public page that is read without a password."""
    if not written.isprintable() or " " in written:
        return False
    try:
        read = urlsplit(written)
    except ValueError:
        return False
    return read.scheme == "https" and "." in (read.hostname or "") and read.username is None


def is_address(written: str) -> bool:
    """Whether a mail can be sent there."""
    try:
        read = Address(addr_spec=written)
    except (MessageError, ValueError, IndexError):
        return False
    return bool(read.username and "." in read.domain)
