"""Everything that was written down of a case, read once for certificate and pack. Ids and figures, no names."""

from dataclasses import dataclass
from typing import Any

from pydantic_core import to_jsonable_python

from connectors.errors import NotFound
from connectors.ports import CaseStore
from models.plan import Plan
from models.vocabulary import MANIFEST


@dataclass(frozen=True)
class CasePapers:
    """All but the plan is JSON, as it was kept; `purged` by the name of the data set."""

    case: str
    account: str
    plan: Plan
    decisions: list[dict[str, Any]]
    receipts: list[dict[str, Any]]
    package: dict[str, Any]
    statement: dict[str, Any]
    purged: dict[str, dict[str, Any]]
    recount: dict[str, Any]


def gather(store: CaseStore, case: str, account: str, plan_hash: str) -> CasePapers:
    """Reads them; of package, statement and recount the last one counts.

    Raises:
        NotFound: no plan of that hash, or no statement or recount: nothing can be certified.
    """
    receipts = (receipt for document in store.documents(case, "receipts") for receipt in document["receipts"])
    return CasePapers(
        case=case,
        account=account,
        plan=store.plan(case, plan_hash),
        decisions=to_jsonable_python(store.decisions(case)),
        receipts=to_jsonable_python(list(receipts)),
        package=_last(store, case, MANIFEST) or {},
        statement=_needed(store, case, "statement"),
        purged={purge["name"]: to_jsonable_python(dict(purge)) for purge in store.documents(case, "purge")},
        recount=_needed(store, case, "recount"),
    )


def _last(store: CaseStore, case: str, kind: str) -> dict[str, Any] | None:
    documents = store.documents(case, kind)
    return to_jsonable_python(dict(documents[-1])) if documents else None


def _needed(store: CaseStore, case: str, kind: str) -> dict[str, Any]:
    found = _last(store, case, kind)
    if found is None:
        raise NotFound("evidence", f"case {case} has no {kind}", f"let the step that writes its {kind} run first")
    return found
