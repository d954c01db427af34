"""When the mails that a plan's own dates set off may arrive, so that nobody needs to ask. Source: DOMAIN messages.5."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from models.account import AccountFacts
from models.plan import Plan
from models.policy import Cadence, Policy
from models.vocabulary import MailKind, Mode
from rules.cadence import cadence_of
from rules.hours import Whose, opening

OF_AN_EXIT = ("effective_date", "late_usage_end", "erasure")
"""The dates at which export, goodbye, statement and certificate come to be."""

_LONGEST_HOLIDAYS = 21


def openings(
    plan: Plan, facts: AccountFacts, policy: Policy, dates: Mapping[str, datetime], reminder_at: datetime
) -> dict[str, datetime]:
    """By the name of a date, and of the reminder: the first instant from it on at which the contact may be written to.

    Empty where there is no contact: then nobody is written to anyway.

    Raises:
        NoClause: the policy is silent.
    """
    main = next((contact for contact in facts.contacts if contact.kind == "main"), None)
    if main is None:
        return {}
    reader = Whose.of(main, facts.account.country)
    cadence = cadence_of(policy, plan.commitments)
    if plan.commitments.mode is Mode.PAUSE:
        return {MailKind.RESUME_REMINDER: _in_time(reminder_at, dates["resume"], reader, cadence)}
    found = {name: opening(dates[name], reader, cadence) for name in OF_AN_EXIT if name in dates}
    return {**found, MailKind.RETRIEVAL_REMINDER: _in_time(reminder_at, dates["retrieval_end"], reader, cadence)}


def _in_time(at: datetime, deadline: datetime, reader: Whose, cadence: Cadence) -> datetime:
    """A reminder comes before what it reminds of: where the days up to it are free ones, on one before them."""
    for days in range(_LONGEST_HOLIDAYS):
        opens = opening(at - timedelta(days=days), reader, cadence)
        if opens < deadline:
            return opens
    return at
