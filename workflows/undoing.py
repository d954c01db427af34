"""Which activity takes back which step. Source: DOMAIN stages, Undo."""

from collections.abc import Callable
from typing import Any

from activities.access import AccessActivities
from activities.billing import BillingActivities
from activities.contract import ContractActivities
from activities.export import ExportActivities

from models.effects import PackageRequest, UndoRequest
from models.payload import EffectRequest

UNDO_OF: dict[str, Callable[..., Any]] = {
    "serve_notice": ContractActivities.withdraw_notice,
    "stop_renewal": BillingActivities.resume_renewal,
    "freeze_account": ContractActivities.unfreeze_account,
    "freeze_charges": BillingActivities.unfreeze_charges,
    "export_package": ExportActivities.drop_package,
    "disconnect_feed": AccessActivities.reconnect_feed,
    "deactivate_users": AccessActivities.reactivate_users,
    "gate_credentials": AccessActivities.free_credentials,
    "terminate_contract": ContractActivities.renew_contract,
    "close_statement": BillingActivities.reverse_statement,
}


def undo_of(key: str, ask: Callable[..., EffectRequest], plan_hash: str) -> tuple[Callable[..., Any], EffectRequest]:
    """The activity that takes back the effect of this idempotency key, and its request."""
    _, step, _, generation = key.split(":")
    about = {"generation": int(generation)}
    if step == "export_package":
        return UNDO_OF[step], ask(PackageRequest, "drop_package", plan_hash=plan_hash, **about)
    return UNDO_OF[step], ask(UndoRequest, f"undo_{step}", undoes=key, **about)
