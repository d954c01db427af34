"""The messages that a customer may expect, for the preview. Source: DOMAIN messages.5; UX, What works elsewhere."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from activities.rendering import subject
from models.account import AccountFacts, Contact
from models.plan import Commitments, PlannedMessage
from models.policy import Policy
from models.vocabulary import MailKind, Mode
from rules.cadence import cadence_of, follow_ups, taken_days
from rules.contracts import active
from rules.hours import Whose, goes_at_once, opening
from rules.manner import FOR_CAUSE, LEAVING, PAUSING, manner
from rules.pauses import pause_clause
from rules.periods import Terms

Timed = tuple[MailKind, datetime]


def announced(facts: AccountFacts, commitments: Commitments, policy: Policy) -> tuple[PlannedMessage, ...]:
    """In the order of sending; empty if nobody can be written to. A come-back offer is sent only to who asks for it."""
    reader = next((c for c in facts.contacts if c.kind == "main"), None)
    if reader is None:
        return ()
    how = manner(commitments.mode, commitments.cause)
    days = {name: planned.at for name, planned in commitments.dates.items()}
    cadence, whose = cadence_of(policy, commitments), Whose.of(reader, facts.account.country)
    due = _of_a_pause(days, facts, policy) if how == PAUSING else _of_an_exit(days, commitments.mode, how)
    order = [(kind, at if goes_at_once(kind, reader.channel) else opening(at, whose, cadence)) for kind, at in due]
    if how == LEAVING:
        goodbye = opening(days["effective_date"], whose, cadence)
        touches = follow_ups(goodbye, cadence, whose, come_back=False, taken=taken_days(days, whose, cadence))
        order += [(touch.kind, touch.at) for touch in touches]
    return tuple(_planned(kind, at, reader, policy, how) for kind, at in sorted(order, key=lambda timed: timed[1]))


def _of_a_pause(days: Mapping[str, datetime], facts: AccountFacts, policy: Policy) -> Iterable[Timed]:
    """A pause too short for a reminder has none. Source: DOMAIN modes.1."""
    yield MailKind.ACKNOWLEDGEMENT, days["requested"]
    yield MailKind.PAUSED, days["effective_date"]
    contracts = tuple(contract.id for contract in active(facts.contracts))
    clause = pause_clause(Terms(policy, facts.account, days["requested"].date(), contracts))
    remind_at = days["resume"] - timedelta(days=clause.reminder_days)
    if remind_at > days["effective_date"]:
        yield MailKind.RESUME_REMINDER, remind_at
    yield MailKind.WELCOME_BACK, days["resume"]


def _of_an_exit(days: Mapping[str, datetime], mode: Mode, how: str) -> Iterable[Timed]:
    """Nothing is sent before the approval of an eject for cause, and none has a notice. Source: DOMAIN messages.5."""
    if how != FOR_CAUSE:
        yield MailKind.ACKNOWLEDGEMENT, days["requested"]
    yield MailKind.PLAN, days["requested"]
    if mode is Mode.STOP:
        yield MailKind.NOTICE, days["requested"]
    yield MailKind.EXPORT_READY, days["effective_date"]
    yield MailKind.GOODBYE, days["effective_date"]
    yield MailKind.STATEMENT, days["late_usage_end"]
    yield MailKind.CERTIFICATE, days["erasure"]


def _planned(kind: MailKind, at: datetime, reader: Contact, policy: Policy, how: str) -> PlannedMessage:
    values = {"company": policy.sender.company, "product": policy.sender.product}
    words = subject(kind, reader.language, values, how)
    return PlannedMessage(kind=kind, channel=reader.channel, language=reader.language, send_at=at, subject=words)
