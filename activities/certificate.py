"""What the certificate of erasure says, and what it doesn't claim. Source: DOMAIN erasure.5; NIST SP 800-88 Rev. 2."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python

from activities.papers import CasePapers
from connectors.errors import Rejected
from models.plan import Duties, Plan
from models.vocabulary import PROCESSORS

METHODS = {
    "delete": "deleted from the live system",
    "mask": "personal columns overwritten, rows kept",
    "retain": "kept by law, untouched",
}
ENDED = "kept by law, then deleted when its time was over"
WITH_THE_LAST = "personal columns overwritten, then deleted with the last rows that needed it"
LIVE = (
    "What is listed here as deleted or overwritten was so in the live systems; "
    "every data set that is listed was counted again afterwards."
)
BACKUPS = (
    "Backups made before the erasure still hold the data until they expire; then they are overwritten in rotation."
)
EXPIRED = (
    "The rotation in which backups made before the erasure are overwritten has ended by its schedule; "
    "the backups themselves were not opened to see it."
)
KEY = (
    "What was encrypted under the account's own key can't be read since that key was destroyed (cryptographic erase, "
    "as NIST SP 800-88 Rev. 2 calls it); copies of the key store made before may hold the key until they expire."
)
UNCONFIRMED = (
    "Sub-processors without a date of confirmation were asked to erase and have not said that all is gone; "
    "when they have, this certificate is issued again, unless the customer has come back by then."
)
CONFIRMED = "What sub-processors confirmed is their word; we have not looked into their systems."
MEDIA = "Nothing is claimed about the physical destruction of storage media that cloud providers run."
KEPT = (
    "Kept besides, as ids, codes, dates and figures: the record of the exit, to which this certificate belongs, "
    "the account's entry and contracts in our list of customers, and the invoices and payments in the billing system; "
    "until the follow-ups end, also the contact that they need."
)
HONESTY = (LIVE, BACKUPS, EXPIRED, KEY, UNCONFIRMED, CONFIRMED, MEDIA, KEPT)


def claims(
    papers: CasePapers, issuer: str, issued_at: datetime, earlier: Mapping[str, Any] | None = None, changed: str = ""
) -> dict[str, Any]:
    """The claims of the certificate, as JSON. It names the account by id only.

    `earlier` is the document of the one that it replaces, and `changed` why it does.

    Raises:
        Rejected: a data set of the plan was never purged or counted again, or a sub-processor never asked; nothing is
            certified on trust.
    """
    commitments, before = papers.plan.commitments, earlier["claims"] if earlier else {}
    backups = before.get("backups_expire") or _backups_expire(papers.plan, issued_at)
    body = {
        "iss": issuer,
        "case": papers.case,
        "account": papers.account,
        "number": before.get("number", 0) + 1,
        "supersedes": earlier["digest"] if earlier else None,
        "changed": changed,
        "issued_at": issued_at,
        "plan": papers.plan.hash,
        "data_sets": [_data_set(papers, duty) for duty in _ours(commitments.data_sets)],
        "processors": [_processor(papers, duty) for duty in _theirs(commitments.data_sets)],
        "gates": commitments.gates,
        "approvals": [_approval(decision) for decision in papers.decisions if decision["action"] == "approve"],
        "package": papers.package.get("digest"),
        "statement": papers.statement["digest"],
        "backups_expire": backups,
        "account_key": papers.account_key,
    }
    plain: dict[str, Any] = to_jsonable_python(body)
    return {**plain, "statements": _honest(plain, issued_at)}


def _ours(duties: tuple[Duties, ...]) -> list[Duties]:
    return [duty for duty in duties if not duty.name.startswith(PROCESSORS)]


def _theirs(duties: tuple[Duties, ...]) -> list[Duties]:
    return [duty for duty in duties if duty.name.startswith(PROCESSORS)]


def _data_set(papers: CasePapers, duty: Duties) -> dict[str, Any]:
    purge, after = papers.purged.get(duty.name), papers.recount["counts"].get(duty.name)
    if purge is None or after is None:
        raise Rejected("certificate", f"{duty.name} was not purged and counted again", "let purge and recount run")
    about = {"name": duty.name, "before": purge["before"], "why": duty.ground, "until": duty.until}
    if ended := papers.retention_ends.get(duty.name):
        return {**about, "method": ENDED, "at": ended["at"], "after": ended["after"], "kept": ended["kept"]}
    if last := next((each for each in papers.retention_ends.values() if _took_root(each, duty.name)), None):
        return {**about, "method": WITH_THE_LAST, "at": last["at"], "after": 0, "kept": 0}
    return {**about, "method": METHODS[duty.erase], "at": purge["at"], "after": after, "kept": purge["kept"]}


def _took_root(ended: Mapping[str, Any], name: str) -> bool:
    """Whether the account's own row went with this set, the last that pointed at it."""
    return (ended.get("root"), ended.get("root_set")) == ("deleted", name)


def _processor(papers: CasePapers, duty: Duties) -> dict[str, Any]:
    name = duty.name.removeprefix(PROCESSORS)
    found = papers.processors.get(name)
    if found is None:
        raise Rejected("certificate", f"sub-processor {name} was never asked", "let its purge run")
    return found


def _backups_expire(plan: Plan, issued_at: datetime) -> datetime:
    """Never before the plan's date, and counted from now: an extension moves erasure, not what was approved."""
    dates = plan.commitments.dates
    rotation = dates["backups_expire"].at - dates["erasure"].at
    return max(dates["backups_expire"].at, issued_at + rotation)


def _approval(decision: dict[str, Any]) -> dict[str, Any]:
    details = decision["details"]
    return {
        "gate": details.get("gate"),
        "digest": details.get("digest"),
        "person": decision["actor"],
        "at": decision["at"],
    }


def _honest(said: dict[str, Any], issued_at: datetime) -> list[str]:
    """What must be said beside the lists, and nothing that isn't so at this instant."""
    gone = issued_at >= datetime.fromisoformat(said["backups_expire"])
    asked = [CONFIRMED if each["confirmed_at"] else UNCONFIRMED for each in said["processors"]]
    return [LIVE, EXPIRED if gone else BACKUPS, KEY, *sorted(set(asked)), MEDIA, KEPT]
