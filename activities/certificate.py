"""What the certificate of erasure says, and what it doesn't claim. Source: DOMAIN erasure.5; NIST SP 800-88."""

from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python

from activities.papers import CasePapers
from connectors.errors import Rejected
from models.plan import Duties, Plan

METHODS = {
    "delete": "deleted from the live system",
    "mask": "personal columns overwritten, rows kept",
    "retain": "kept by law, untouched",
}
HONESTY = (
    "The data sets listed here were deleted from, or masked in, the live systems, and counted again afterwards.",
    "Backups made before the erasure still hold the data until backups_expire; then they are overwritten in rotation.",
    "Nothing is claimed about the physical destruction of storage media that cloud providers run.",
    "Kept besides: the ledger, the figures of the final statement, and until the follow-ups end the contact they need.",
)
KEY_STEP = "not destroyed yet: comes with the key per account"


def claims(papers: CasePapers, issuer: str, issued_at: datetime) -> dict[str, Any]:
    """The claims of the certificate, as JSON. It names the account by id only.

    Raises:
        Rejected: a data set of the plan was never purged or counted again; nothing is certified on trust.
    """
    commitments = papers.plan.commitments
    body = {
        "iss": issuer,
        "case": papers.case,
        "account": papers.account,
        "issued_at": issued_at,
        "plan": papers.plan.hash,
        "data_sets": [_data_set(papers, duty) for duty in commitments.data_sets],
        "gates": commitments.gates,
        "approvals": [_approval(decision) for decision in papers.decisions if decision["action"] == "approve"],
        "package": papers.package.get("digest"),
        "statement": papers.statement["digest"],
        "backups_expire": _backups_expire(papers.plan, issued_at),
        "account_key": KEY_STEP,
        "statements": HONESTY,
    }
    plain: dict[str, Any] = to_jsonable_python(body)
    return plain


def _data_set(papers: CasePapers, duty: Duties) -> dict[str, Any]:
    purge, after = papers.purged.get(duty.name), papers.recount["counts"].get(duty.name)
    if purge is None or after is None:
        raise Rejected("certificate", f"{duty.name} was not purged and counted again", "let purge and recount run")
    return {
        "name": duty.name,
        "method": METHODS[duty.erase],
        "at": purge["at"],
        "before": purge["before"],
        "after": after,
        "kept": purge["kept"],
        "why": duty.ground,
        "until": duty.until,
    }


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
