"""The answers of the outside systems, kept for the evidence pack. Source: DOMAIN identity.3."""

from collections.abc import Sequence

from temporalio import activity

from connectors.ports.own import CaseStore
from models.payload import EffectRequest, Receipt


def keep(store: CaseStore, request: EffectRequest, receipts: Sequence[Receipt]) -> list[Receipt]:
    """Keeps what an effect was answered; a second attempt gets what the first one was answered."""
    body = {"receipts": [receipt.model_dump(mode="json") for receipt in receipts]}
    key, now = f"{request.idempotency_key}:receipts", activity.info().scheduled_time
    kept = store.keep_document(request.case, "receipts", key, body, now)
    return [Receipt.model_validate(receipt) for receipt in kept["receipts"]]
