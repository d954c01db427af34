"""Whether a legal hold stands on what is about to be erased. Source: DOMAIN erasure.3."""

from collections.abc import Sequence

from temporalio.exceptions import ApplicationError

from connectors.ports.own import CaseStore
from models.inventory import Inventory
from rules.holds import frozen

HELD_BY_LAW = "HeldByLaw"
"""The type of the failure that a standing hold makes of a purge: never retried, it parks the case."""


def held(store: CaseStore, inventory: Inventory, account: str, names: Sequence[str]) -> tuple[str, str] | None:
    """The first hold that freezes one of these data sets, and what it covers; holds are read anew each time."""
    for hold in store.holds(account):
        covered = hold["data_sets"] or names
        if met := [name for name in names if name in covered]:
            return str(hold["id"]), met[0]
        if met := [name for name in names if name in frozen(inventory, covered)]:
            return str(hold["id"]), f"rows that point at {met[0]}"
    return None


def any_hold(store: CaseStore, account: str) -> str | None:
    """The first hold that stands on an account, whatever it covers."""
    return next((str(hold["id"]) for hold in store.holds(account)), None)


def refuse_if_held(store: CaseStore, inventory: Inventory, account: str, names: Sequence[str]) -> None:
    """Raises ApplicationError `HeldByLaw`, not retryable, where a hold freezes one of these data sets."""
    if found := held(store, inventory, account, names):
        hold, covered = found
        raise ApplicationError(
            f"hold {hold} covers {covered}",
            {"hold": hold, "what": f"a legal hold covers {covered}", "fix": "release it first"},
            type=HELD_BY_LAW,
            non_retryable=True,
        )
