"""Everything that was written down of a case, read once for certificate and pack. Ids and figures, no names.

None of it needs the account's key, which is destroyed before it's read. Source: DOMAIN erasure.6.
"""

from dataclasses import dataclass
from typing import Any

from pydantic_core import to_jsonable_python

from activities.scrub import is_an_id
from connectors.errors import NotFound
from connectors.ports.own import CaseStore
from models.plan import Plan
from models.processors import Asked, Confirmed
from models.vocabulary import MANIFEST
from rules.processors import ASKED, CONFIRMED, standing

_THEIRS = ("reference", "subject")


@dataclass(frozen=True)
class CasePapers:
    """All but the plan is JSON, as it was kept; `purged` and `retention_ends` by the name of the data set.

    `processors` by name: {`name`, `asked` (how often), `first_asked_at`, `asked_at` (last), `confirmed_at`,
    `recorded_by` (the person who recorded that it confirmed; None: it said so itself), `reference`, `erased`}.
    `account_key` is {`ids`, `at`, `proven`, `copies_until`}.
    """

    case: str
    account: str
    plan: Plan
    decisions: list[dict[str, Any]]
    receipts: list[dict[str, Any]]
    package: dict[str, Any]
    statement: dict[str, Any]
    purged: dict[str, dict[str, Any]]
    recount: dict[str, Any]
    processors: dict[str, dict[str, Any]]
    retention_ends: dict[str, dict[str, Any]]
    account_key: dict[str, Any]


def gather(store: CaseStore, case: str, account: str, plan_hash: str) -> CasePapers:
    """Reads them; of package, statement and recount the last one counts.

    Raises:
        NotFound: no plan of that hash, no statement or recount, or the key stands: nothing can be certified.
    """
    return CasePapers(
        case=case,
        account=account,
        plan=store.plan(case, plan_hash),
        decisions=to_jsonable_python(store.decisions(case)),
        receipts=receipts(store, case),
        package=_last(store, case, MANIFEST) or {},
        statement=_needed(store, case, "statement"),
        purged=_by_name(store, case, "purge"),
        recount=_needed(store, case, "recount"),
        processors=processors(store, case),
        retention_ends=_by_name(store, case, "retention_end"),
        account_key=_needed(store, case, "key_destruction"),
    )


def receipts(store: CaseStore, case: str) -> list[dict[str, Any]]:
    """What outside systems have answered until now, in order, without what isn't an id."""
    kept = store.documents(case, "receipts")
    return [_of_ids(to_jsonable_python(dict(each))) for document in kept for each in document["receipts"]]


def processors(store: CaseStore, case: str) -> dict[str, dict[str, Any]]:
    """How far each sub-processor is, by name; what it holds: `CasePapers`."""
    asked = [Asked.model_validate(each) for each in store.documents(case, ASKED)]
    told = [Confirmed.model_validate(each) for each in store.documents(case, CONFIRMED)]
    return {name: _processor(name, asked, told) for name in sorted({each.name for each in asked})}


def _processor(name: str, asked: list[Asked], told: list[Confirmed]) -> dict[str, Any]:
    stands = standing(name, asked, told)
    body = stands.model_dump(mode="json", exclude={"key"}) if stands else {}
    first = min(each.asked_at for each in asked if each.name == name)
    recorded = next((each.by for each in told if each.name == name), None)
    return {**_of_ids(body), "first_asked_at": first.isoformat(), "recorded_by": recorded}


def _of_ids(answer: dict[str, Any]) -> dict[str, Any]:
    """Whatever an outside system wrote for a reference: text instead of an id might name a person."""
    free = {name for name in _THEIRS if name in answer and not (answer[name] is None or is_an_id(answer[name]))}
    return {**answer, **dict.fromkeys(free, "")}


def _by_name(store: CaseStore, case: str, kind: str) -> dict[str, dict[str, Any]]:
    return {each["name"]: to_jsonable_python(dict(each)) for each in store.documents(case, kind)}


def _last(store: CaseStore, case: str, kind: str) -> dict[str, Any] | None:
    documents = store.documents(case, kind)
    return to_jsonable_python(dict(documents[-1])) if documents else None


def _needed(store: CaseStore, case: str, kind: str) -> dict[str, Any]:
    found = _last(store, case, kind)
    if found is None:
        raise NotFound("evidence", f"case {case} has no {kind}", f"let the step that writes its {kind} run first")
    return found
