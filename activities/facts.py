"""What the mails may speak of: values gathered from the case's plan, its documents and its reader."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from activities.case_policy import policy_of
from activities.figures import Asked, erased, packaged, retained
from activities.papers import processors
from activities.product_use import used
from activities.settled import money_values
from connectors.ports.own import CaseStore
from models.effects import MessageRequest
from models.follow_ups import Touch
from models.inventory import Inventory
from models.messages import Reader
from models.offers import Offer
from models.plan import Plan
from models.policy import Cadence, Sender
from models.vocabulary import MANIFEST, MailKind, Mode
from rules.cadence import cadence_of, follow_ups, taken_days
from rules.hours import opening
from rules.links import Links, opt_out_until, portal_until
from rules.manner import LEAVING, PAUSING, manner
from rules.reach import MARKETING, why_silent
from rules.survey import survey_link


class Facts:
    """Gathers the values of a mail."""

    def __init__(self, store: CaseStore, sender: Sender, inventory: Inventory, links: Links | None = None) -> None:
        """`inventory` names the data sets as people do; without `links` the mails say whom to write to."""
        self._store, self._sender, self._links = store, sender, links
        self._inventory = inventory
        self._about = {data_set.name: data_set.about for data_set in inventory.data_sets}
        self._processors = {processor.name: processor.about for processor in inventory.processors}

    def values(
        self,
        request: MessageRequest,
        reader: Reader,
        plan: Plan | None,
        now: datetime,
        *,
        offer: Offer | None = None,
        goodbye_at: datetime | None = None,
        marketing: bool = True,
    ) -> dict[str, Any]:
        """Every value that a source may name; what doesn't exist yet is None or empty, never missing.

        `plan` is the one that the message tells of; its dates have those of the request laid over. `now` is the
        workflow's clock. `offer` is what a come-back mail may offer, `goodbye_at` when the goodbye left: the survey's
        link in its reminder is the goodbye's. Not `marketing`: none of it will go, so none is promised.
        """
        dates = {**planned_dates(plan), **request.dates}
        manifests = self._store.documents(request.case, MANIFEST)
        package = packaged(manifests)
        return {
            **self._sender.model_dump(exclude={"address"}),
            **_of(reader, now),
            **self._how(plan, request.account),
            "case": request.case,
            "now": now,
            "dates": dates,
            "zone": plan.commitments.timezone if plan else reader.timezone,
            "sources": {name: on.citation for name, on in plan.commitments.dates.items()} if plan else {},
            "has_fee": any(each.fee_share > 0 for each in plan.commitments.contracts) if plan else False,
            "people": plan.estimates.users if plan else 0,
            "used": used(manifests, self._inventory),
            "line": self._store.note(line_key(request.case, request.kind)) or "",
            "offer": offer,
            "retained": retained(plan.commitments, self._about) if plan else (),
            "estimate": plan.estimates.statement if plan else (),
            "to_come": self._to_come(request.case, reader, plan, dates, now, marketing=marketing),
            **money_values(self._store, request.case, plan.estimates.statement if plan else ()),
            "enclosed": (),
            "package": package,
            "link": self._link(request, dates) if package else None,
            **self._pages(request, reader, dates, now, goodbye_at or now),
            "erased": erased(self._store.documents(request.case, "purge")),
            "processors": self._asked(request.case),
        }

    def _to_come(
        self,
        case: str,
        reader: Reader,
        plan: Plan | None,
        dates: Mapping[str, datetime],
        now: datetime,
        *,
        marketing: bool,
    ) -> tuple[Touch, ...]:
        """What is still to come, and no more: nobody waits for thanks that won't be sent. Source: DOMAIN messages.5."""
        touches = announced(dates, reader, cadence_for(self._store, case, plan), now)
        return tuple(touch for touch in touches if marketing or touch.kind not in MARKETING)

    def _pages(
        self, request: MessageRequest, reader: Reader, dates: Mapping[str, datetime], now: datetime, goodbye: datetime
    ) -> dict[str, str | None]:
        """Where the customer reads, chooses and answers; None each, where there are no pages."""
        if self._links is None:
            return {"portal": None, "opt_out": None, "survey": None}
        row = self._store.by_id(request.case)
        opened = row["opened_at"] if row else now  # a preview has no case
        about, own = (request.case, request.account), portal_until(opened, dates.get("backups_expire"))
        marketing = request.kind in MARKETING
        return {
            "portal": self._links.to_portal(*about, own),
            "opt_out": self._links.to_opt_out(*about, opt_out_until(opened)) if marketing else None,
            "survey": survey_link(self._links, goodbye.astimezone(ZoneInfo(reader.timezone)).date()),
        }

    def _asked(self, case: str) -> tuple[Asked, ...]:
        return tuple(
            Asked(about=self._processors.get(name) or {"": name}, confirmed=each["confirmed_at"] is not None)
            for name, each in processors(self._store, case).items()
        )

    def _how(self, plan: Plan | None, account: str) -> dict[str, Any]:
        """By the plan; before there is one, by what was asked for."""
        if plan:
            return {"mode": plan.commitments.mode, "manner": manner(plan.commitments.mode, plan.commitments.cause)}
        asked = self._store.case(account)
        mode = Mode(asked["mode"]) if asked else Mode.STOP
        return {"mode": mode, "manner": PAUSING if mode is Mode.PAUSE else LEAVING}

    def _link(self, request: MessageRequest, dates: Mapping[str, datetime]) -> str | None:
        """Where the package is fetched; it lives in this mail alone, not in histories, ledger or logs."""
        until = dates.get("retrieval_end")
        return self._links.to_package(request.case, request.account, until) if self._links and until else None


def line_key(case: str, kind: MailKind) -> str:
    """Under which key the line stands that the account's manager adds to a message."""
    return f"{case}:message_line:{kind}:1"


def cadence_for(store: CaseStore, case: str, plan: Plan | None) -> Cadence | None:
    """Of the policy that the plan rests on; None where no follow-up is due. Source: DOMAIN dates.2, messages.5."""
    if plan is None or manner(plan.commitments.mode, plan.commitments.cause) != LEAVING:
        return None
    return cadence_of(policy_of(store, case, plan.hash), plan.commitments)


def announced(
    dates: Mapping[str, datetime], reader: Reader, cadence: Cadence | None, now: datetime
) -> tuple[Touch, ...]:
    """What a goodbye of `now` promises: the messages still to come, and no others. Source: DOMAIN messages.5."""
    due = {MailKind.STATEMENT: "late_usage_end", MailKind.CERTIFICATE: "erasure"}
    coming = [Touch(kind=kind, at=dates[name]) for kind, name in due.items() if name in dates]
    if cadence is not None:
        coming = [Touch(kind=each.kind, at=opening(each.at, reader, cadence)) for each in coming]
        taken = taken_days(dates, reader, cadence)
        coming += follow_ups(now, cadence, reader, come_back=reader.come_back, taken=taken)
    return tuple(sorted((t for t in coming if why_silent(t.kind, reader) is None), key=lambda touch: touch.at))


def plan_of(store: CaseStore, case: str, account: str, plan_hash: str = "") -> Plan | None:
    """That plan; else the one in force by the read model; else the newest. None before there is one."""
    row = store.case(account)
    recorded = row["state"].get("plan_hash") if row and row["id"] == case else None
    if chosen := plan_hash or recorded:
        return store.plan(case, chosen)
    plans = store.plans(case)
    return plans[-1] if plans else None


def planned_dates(plan: Plan | None) -> dict[str, datetime]:
    """By name; none before there is a plan."""
    return {name: on.at for name, on in plan.commitments.dates.items()} if plan else {}


def _of(reader: Reader, now: datetime) -> dict[str, Any]:
    today = now.astimezone(ZoneInfo(reader.timezone)).date()
    return {
        "name": reader.name,
        "account_name": reader.account_name,
        "signed_by": reader.signed_by,
        "since": reader.customer_since,
        "years": whole_years(reader.customer_since, today),
        "country": reader.country,
        "come_back": reader.come_back,
        "channel": reader.channel,
        "hours": _hours(reader),
    }


def _hours(reader: Reader) -> tuple[int, int] | None:
    """The hours of their day in which they want to be written to, if they have said so."""
    return (
        (reader.hours_from, reader.hours_to) if reader.hours_from is not None and reader.hours_to is not None else None
    )


def whole_years(since: date, today: date) -> int:
    """How many anniversaries have passed."""
    return today.year - since.year - ((today.month, today.day) < (since.month, since.day))
