"""What the mails may speak of: values gathered from the case's plan, its documents and its reader."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.ports import CaseStore
from models.effects import MessageRequest, PurgeResult, Touch
from models.messages import Reader
from models.money import Statement
from models.payload import Payload
from models.plan import Commitments, Duties, Plan
from models.policy import Policy
from models.vocabulary import MailKind
from rules.cadence import follow_ups
from rules.reach import why_silent


class Packaged(Payload):
    """The verified package, in the customer's words."""

    rows: int
    files: int
    size_bytes: int


class Erased(Payload):
    """What the purge came to, over all data sets."""

    data_sets: int
    rows: int
    kept: int


def values(request: MessageRequest, reader: Reader, store: CaseStore, policy: Policy, now: datetime) -> dict[str, Any]:
    """Every value that a source may name; what doesn't exist yet is None or empty, never missing.

    `dates` are the plan's with those of the request laid over; `now` is the workflow's clock.
    """
    plan = _plan(request, store)
    dates = {**_planned(plan), **request.dates}
    statements = _statements(store.documents(request.case, "statement"))
    return {
        **policy.sender.model_dump(exclude={"address"}),
        **_of(reader, now),
        "case": request.case,
        "now": now,
        "dates": dates,
        "sources": {name: on.citation for name, on in plan.commitments.dates.items()} if plan else {},
        "users": plan.estimates.users if plan else 0,
        "retained": _retained(plan.commitments) if plan else (),
        "estimate": plan.estimates.statement if plan else (),
        "to_come": announced(dates, reader, policy, now),
        "statements": statements,
        "settled": all(statement.closed for statement in statements),
        "line_kinds": {line.kind for statement in statements for line in statement.lines},
        "package": _package(store.documents(request.case, "manifest")),
        "erased": _erased(store.documents(request.case, "purge")),
    }


def announced(dates: Mapping[str, datetime], reader: Reader, policy: Policy, now: datetime) -> tuple[Touch, ...]:
    """What a goodbye of `now` promises: the messages still to come, and no others. Source: DOMAIN messages.5."""
    due = {MailKind.STATEMENT: "late_usage_end", MailKind.CERTIFICATE: "erasure"}
    documents = [Touch(kind=kind, at=dates[name]) for kind, name in due.items() if name in dates]
    friendly = follow_ups(now, policy.cadence, reader.timezone, reader.country, come_back=reader.come_back)
    coming = (touch for touch in (*documents, *friendly) if why_silent(touch.kind, reader) is None)
    return tuple(sorted(coming, key=lambda touch: touch.at))


def _plan(request: MessageRequest, store: CaseStore) -> Plan | None:
    if request.plan_hash:
        return store.plan(request.case, request.plan_hash)
    plans = store.plans(request.case)
    return plans[-1] if plans else None


def _planned(plan: Plan | None) -> dict[str, datetime]:
    return {name: on.at for name, on in plan.commitments.dates.items()} if plan else {}


def _of(reader: Reader, now: datetime) -> dict[str, Any]:
    today = now.astimezone(ZoneInfo(reader.timezone)).date()
    return {
        "name": reader.name,
        "account_name": reader.account_name,
        "signed_by": reader.signed_by,
        "since": reader.customer_since,
        "years": whole_years(reader.customer_since, today),
        "zone": reader.timezone,
        "country": reader.country,
        "come_back": reader.come_back,
    }


def whole_years(since: date, today: date) -> int:
    """How many anniversaries have passed."""
    return today.year - since.year - ((today.month, today.day) < (since.month, since.day))


def _retained(commitments: Commitments) -> tuple[Duties, ...]:
    return tuple(duty for duty in commitments.data_sets if duty.until is not None)


def _statements(documents: Sequence[Mapping[str, Any]]) -> tuple[Statement, ...]:
    return tuple(Statement.model_validate(each) for each in documents[-1]["statements"]) if documents else ()


def _package(documents: Sequence[Mapping[str, Any]]) -> Packaged | None:
    return Packaged.model_validate(documents[-1]) if documents else None


def _erased(documents: Sequence[Mapping[str, Any]]) -> Erased | None:
    results = [PurgeResult.model_validate(each) for each in documents]
    if not results:
        return None
    return Erased(
        data_sets=len(results), rows=sum(each.erased for each in results), kept=sum(each.kept for each in results)
    )
