"""Whether a customer whose exit is over is here again. Source: DOMAIN messages.9."""

from connectors.ports.own import CaseStore, Directory


def has_returned(store: CaseStore, directory: Directory, account: str, case: str) -> bool:
    """The account was imported again; or it was, and has left by a later case, which has its own terms."""
    newest = store.case(account)
    if newest is None or (newest["id"] == case and newest["ended_at"] is None):
        return False
    return newest["id"] != case or not directory.is_erased(account)
