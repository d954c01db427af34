"""The messages that a customer may expect, for the preview. Source: DOMAIN messages.5; UX, What works elsewhere."""

from collections.abc import Mapping
from datetime import datetime

from activities.rendering import subject
from models.account import AccountFacts, Contact
from models.plan import PlannedDate, PlannedMessage
from models.policy import Policy
from models.vocabulary import MailKind
from rules.cadence import follow_ups


def announced(facts: AccountFacts, dates: Mapping[str, PlannedDate], policy: Policy) -> tuple[PlannedMessage, ...]:
    """In the order of sending; empty if nobody can be written to. A come-back offer is sent only to who asks for it."""
    reader = next((c for c in facts.contacts if c.kind == "main"), None)
    if reader is None:
        return ()
    days = {name: planned.at for name, planned in dates.items()}
    order = [
        (MailKind.ACKNOWLEDGEMENT, days["requested"]),
        (MailKind.PLAN, days["requested"]),
        (MailKind.NOTICE, days["requested"]),
        (MailKind.EXPORT_READY, days["effective_date"]),
        (MailKind.GOODBYE, days["effective_date"]),
        (MailKind.STATEMENT, days["late_usage_end"]),
        (MailKind.CERTIFICATE, days["erasure"]),
    ]
    country = facts.account.country
    touches = follow_ups(days["effective_date"], policy.cadence, reader.timezone, country, come_back=False)
    order += [(touch.kind, touch.at) for touch in touches]
    return tuple(_planned(kind, at, reader, policy) for kind, at in sorted(order, key=lambda message: message[1]))


def _planned(kind: MailKind, at: datetime, reader: Contact, policy: Policy) -> PlannedMessage:
    values = {"company": policy.sender.company, "product": policy.sender.product}
    words = subject(kind, reader.language, values)
    return PlannedMessage(kind=kind, channel=reader.channel, language=reader.language, send_at=at, subject=words)
