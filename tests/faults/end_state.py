"""What an exit has come to, in all the places where it leaves something; without instants, which no two runs share."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from sqlmodel import Session, col, select

from connectors.opening import Connections
from connectors.s3 import S3ObjectStore
from devstack.running import Running
from models.tables.billing import ChargeOrderRow, CounterDocumentRow, InvoiceRow, SubscriptionRow, UsageRow
from rules.chain import first_fault

MONEY = (ChargeOrderRow, SubscriptionRow, InvoiceRow, CounterDocumentRow, UsageRow)
_INSTANTS = frozenset({"at", "made_at", "ended_at", "issued_at", "due_at", "verified_at", "digest", "instant"})


def end_state(here: Running, account: str) -> dict[str, Any]:
    """By facet."""
    return {name: look(here, account, f"{account}-1") for name, look in FACETS.items()}


def _stage(here: Running, account: str, case: str) -> Any:
    row = here.connections.cases.case(account) or {}
    return row["id"], row["stage"], row["state"]["tasks"]


def _statement(here: Running, account: str, case: str) -> Any:
    """What was announced, and what was closed, with their digests."""
    kept = {kind: here.connections.cases.documents(case, kind) for kind in ("statement_draft", "statement")}
    return {kind: [{**body, "at": None} for body in bodies] for kind, bodies in kept.items()}


def _documents_of_money(here: Running, account: str, case: str) -> Any:
    """All of an account's money as it stands, ids too: those of what we made come from the effect alone."""
    with Session(here.connections.engine) as session:
        rows = [row for kind in MONEY for row in session.exec(select(kind).where(col(kind.account) == account))]
        made = [row.made_by for row in rows if isinstance(row, CounterDocumentRow)]
        assert len(set(made)) == len(made)
        return {row.id: _timeless(row.model_dump()) for row in rows}


def _counts(here: Running, account: str, case: str) -> Any:
    """What was exported, closed, erased, kept, found late; per data set, user page and class of credential."""
    store = here.connections.cases
    kinds = ("manifest", "receipts", "refunds", "late_charges", "purge", "purge_before", "recount")
    return {kind: sorted(map(str, map(_opened, map(_timeless, store.documents(case, kind))))) for kind in kinds}


def _opened(body: Any) -> Any:
    """Opening again counts what it opened itself: an attempt after one that died finds all of them open."""
    receipts = body.get("receipts", [])
    return {**body, "receipts": [{**each, "count": None} if each["action"] == "free" else each for each in receipts]}


def _evidence(here: Running, account: str, case: str) -> Any:
    """How many versions each key has; locked, so that a second write would have left a second."""
    return versions(here.connections, here.connections.settings.s3_evidence_bucket, f"{case}/")


def _left_in_s3(here: Running, account: str, case: str) -> Any:
    """What should be gone: the package with its versions, and every unfinished upload of any bucket."""
    at = here.connections.settings
    client: Any = here.connections.objects._client
    buckets = [at.s3_export_bucket, at.s3_evidence_bucket, str(at.s3_files_bucket)]
    uploads = [client.list_multipart_uploads(Bucket=bucket).get("Uploads", []) for bucket in buckets]
    return versions(here.connections, at.s3_export_bucket, f"{account}/"), uploads


def _mails(here: Running, account: str, case: str) -> Any:
    """One file a Message-ID, and what the outbox says of it."""
    kept = {(message.message_id, message.state) for message in here.connections.outbox.messages(case)}
    return sorted(path.name for path in (here.stack.home / "mail").glob(f"{case}.*")), kept


def _ledger(here: Running, account: str, case: str) -> Any:
    """Every effect that was done. Attempts that died have no entry; one that was done twice may have two."""
    entries = here.connections.ledger.entries(case)
    assert first_fault(entry.model_dump(mode="json") for entry in entries) is None
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    return {(e.action, e.stage, e.subject, e.actor, e.outcome) for e in entries if e.outcome != "failed"}


FACETS: Mapping[str, Callable[[Running, str, str], Any]] = {
    "stage": _stage,
    "statement": _statement,
    "money": _documents_of_money,
    "counts": _counts,
    "evidence": _evidence,
    "s3": _left_in_s3,
    "mails": _mails,
    "ledger": _ledger,
}


def versions(at: Connections, bucket: str, prefix: str) -> Counter[str]:
    """How many versions each key has, markers included."""
    return versions_of(at.objects, bucket, prefix)


def versions_of(objects: S3ObjectStore, bucket: str, prefix: str) -> Counter[str]:
    """The same, of a store."""
    client: Any = objects._client
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    return Counter(
        entry["Key"] for page in pages for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
    )


def _timeless(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _timeless(part) for name, part in value.items() if name not in _INSTANTS}
    return [_timeless(part) for part in value] if isinstance(value, list) else value
