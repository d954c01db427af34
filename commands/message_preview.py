"""A message as it would read today: nothing is sent, and nothing kept."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from secrets import token_bytes
from typing import TYPE_CHECKING, Any, cast

from commands.message_copies import own_folder
from commands.refused import Exit, Refused
from models.settings import LINK_KEY_BYTES
from models.vocabulary import TO_OURS, Channel, MailKind, Mode

if TYPE_CHECKING:
    from activities.drafting import Drafting
    from activities.rendering import Rendered
    from connectors.opening import Connections
    from connectors.ports.own import CaseStore
    from models.messages import Draft, Reader
    from models.offers import Offer
    from models.plan import Plan
    from models.policy import Policy

_SHORT = frozenset({Channel.SMS, Channel.WHATSAPP})


def previewed(
    kind: MailKind, account: str | None, language: str | None, channel: Channel, manner: str
) -> dict[str, Any]:
    """The message: `subject`, `text`, `html`, `language`, and `notes`: what there is to say of it."""
    if channel is Channel.NONE:
        raise Refused(Exit.USAGE, "nobody reads what isn't sent", "say --channel email, sms, whatsapp or phone")
    if kind in TO_OURS:
        what = f"the {kind} tells our own people of a case of its own"
        raise Refused(Exit.REFUSED, what, "farewell demo keeps one that was sent")
    _refuse_faulty_copies()
    return (
        _to_account(kind, account, language, channel, manner) if account else _made_up(kind, language, channel, manner)
    )


def _refuse_faulty_copies() -> None:
    """What a worker would refuse isn't shown either."""
    from activities.catalogue_faults import faults

    folder = own_folder()
    found = faults(folder) if folder else ()
    if found:
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        raise Refused(Exit.WRONG, f"{found[0]}{more}", "farewell message check lists what is wrong")


def to_say(account: str, kind: MailKind) -> dict[str, Any]:
    """What is said on the phone: as it was written for the task, else as it would be written now."""
    from commands.session import case_of, connections

    at = connections()
    case = case_of(at, account)
    reader = _reader(at, str(case["id"]), str(case["account"]))
    domain = at.policy.sender.address.rpartition("@")[2]
    kept = at.outbox.message(f"{case['id']}.{kind}.1@{domain}")
    if kept is not None and kept.channel is Channel.PHONE and kept.text:
        return {"kind": kind, "state": kept.state, "phone": kept.recipient or reader.phone, "text": kept.text}
    told = previewed(kind, str(case["account"]), None, Channel.PHONE, "")
    return {"kind": kind, "state": "not asked for", "phone": reader.phone, "text": told["text"]}


def _made_up(kind: MailKind, language: str | None, channel: Channel, manner: str) -> dict[str, Any]:
    """To nobody: as the product's own sample."""
    from activities.catalogue import FALLBACK, Catalogue
    from activities.rendering import render, script, short
    from activities.sample_customer import sample

    of_a_pause = kind in {MailKind.PAUSED, MailKind.RESUME_REMINDER}
    values = sample("pause" if of_a_pause else manner)
    write = script if channel is Channel.PHONE else short if channel in _SHORT else render
    text = write(kind, language or FALLBACK, values, Catalogue(own_folder()))
    notes = ["a made-up customer; --account shows it to one of yours"]
    return _told(text, [*notes, *([text.why] if text.why else [])])


def _to_account(kind: MailKind, account: str, language: str | None, channel: Channel, manner: str) -> dict[str, Any]:
    from commands.session import connections, facts_of
    from models.effects import MessageRequest
    from models.vocabulary import Stage
    from rules.reach import Route

    at = connections()
    facts_of(at, account)
    now = datetime.now(UTC)
    row = at.cases.case(account)
    case = str(row["id"]) if row else f"{account}-1"
    reader = _reader(at, case, account)
    plan, store = _plan(at, account, case, kind)
    draft = _drafting(at, store).written(
        MessageRequest(case=case, account=account, stage=Stage.REQUESTED, step="send_message", kind=kind),
        reader.model_copy(update={"language": language or reader.language}),
        Route(channel=channel),
        plan,
        now,
        offer=_offer(at, account, case, kind, now),
        more={"manner": manner} if manner else {},
    )
    notes = [] if row else [f"{account} has no exit: as it would read if it left today"]
    notes += [draft.why] if draft.why else []
    return _told(draft, notes + _not_yet(kind, at, case), tuple(each.name for each in draft.attachments))


def _drafting(at: "Connections", store: "CaseStore") -> "Drafting":
    """Its links have the form of ours, and are signed with a key that nobody keeps: a preview opens nothing."""
    from activities.catalogue import Catalogue
    from activities.drafting import Drafting
    from rules.links import Links

    key, public_url = b64encode(token_bytes(LINK_KEY_BYTES)).decode(), at.settings.public_url
    return Drafting(
        directory=at.directory,
        store=store,
        sender=at.policy.sender,
        inventory=at.inventory,
        links=Links(public_url, key) if public_url else None,
        catalogue=Catalogue(at.settings.messages_folder),
    )


def _offer(at: "Connections", account: str, case: str, kind: MailKind, now: datetime) -> "Offer | None":
    from models.vocabulary import Reason
    from rules.offers import come_back_offer

    if kind is not MailKind.COME_BACK:
        return None
    row = at.cases.by_id(case)
    reason = Reason(row["reason"]) if row else Reason.OTHER
    return come_back_offer(at.policy, at.directory.facts(account).account, case, reason, now)


def _reader(at: "Connections", case: str, account: str) -> "Reader":
    from connectors.errors import NotFound

    try:
        return at.outbox.reader(case, account)
    except NotFound as nobody:
        raise Refused(Exit.REFUSED, nobody.what, "nobody reads a message there") from None


def _plan(at: "Connections", account: str, case: str, kind: MailKind) -> tuple["Plan | None", "CaseStore"]:
    """The case's plan; before there is one, the plan that would be made today, which is kept nowhere."""
    from activities.facts import plan_of
    from commands.session import facts_of
    from commands.wishes import Way, wish_of
    from rules.plan import PlanRefused

    known = plan_of(at.cases, case, account)
    if known is not None:
        return known, at.cases
    from commands.plans import planning

    facts, now = facts_of(at, account), datetime.now(UTC)
    mode = Mode.PAUSE if kind in {MailKind.PAUSED, MailKind.RESUME_REMINDER} else Mode.STOP
    try:
        plan = planning(at).draft(facts, wish_of(at, facts, Way(mode), now), now)
    except PlanRefused as no:
        raise Refused(Exit.REFUSED, no.what, no.fix) from None
    return plan, cast("CaseStore", _WithDraft(at.cases, plan, at.policy))


def _not_yet(kind: MailKind, at: "Connections", case: str) -> list[str]:
    """What the message will tell, and nobody knows today."""
    needed: Mapping[MailKind, tuple[str, str]] = {
        MailKind.EXPORT_READY: ("manifest", "what the package holds"),
        MailKind.GOODBYE: ("manifest", "the package's link, and what they did with the product"),
        MailKind.THANKS: ("manifest", "what they did with the product"),
        MailKind.STATEMENT: ("statement", "the final accounts"),
        MailKind.CERTIFICATE: ("purge", "what was erased"),
    }
    document, what = needed.get(kind, ("", ""))
    return [f"not known yet: {what}"] if document and not at.cases.documents(case, document) else []


def _told(text: "Rendered | Draft", notes: list[str], attached: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "subject": text.subject,
        "text": text.text,
        "html": text.html,
        "language": text.language,
        "attachments": list(attached),
        "notes": notes,
    }


class _WithDraft:
    """The store, as if the plan had been kept in it."""

    def __init__(self, store: "CaseStore", plan: "Plan", policy: "Policy") -> None:
        self._store, self._plan, self._policy = store, plan, policy

    def plan(self, _case: str, _hash: str) -> "Plan":
        return self._plan

    def plans(self, _case: str) -> list["Plan"]:
        return [self._plan]

    def policy(self, _sha256: str) -> "Policy":
        return self._policy

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
