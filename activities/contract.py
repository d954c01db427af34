"""What happens to the account's standing and its contracts. Source: DOMAIN stages."""

from temporalio import activity

from activities.receipts import keep
from connectors.ports.company import ContractSystem
from connectors.ports.own import CaseStore
from models.case import Noted
from models.effects import AtRequest, UndoRequest
from models.payload import EffectRequest, Receipt


class ContractActivities:
    """Notice, freeze, end, and the way back. Each is harmless again and keeps its receipt."""

    def __init__(self, *, contracts: ContractSystem, store: CaseStore) -> None:
        """Takes the ports."""
        self._contracts, self._store = contracts, store

    @activity.defn(name="serve_notice")
    def serve_notice(self, request: AtRequest) -> Noted:
        """The contracts end at `at`; a later notice moves the date."""
        now = activity.info().scheduled_time
        return self._noted(
            request, self._contracts.serve_notice(request.account, request.at, request.idempotency_key, now)
        )

    @activity.defn(name="withdraw_notice")
    def withdraw_notice(self, request: UndoRequest) -> Noted:
        """The contracts go on."""
        now = activity.info().scheduled_time
        return self._noted(request, self._contracts.withdraw_notice(request.account, request.undoes, now))

    @activity.defn(name="freeze_account")
    def freeze_account(self, request: AtRequest) -> Noted:
        """The account becomes read-only, now: `at` is when it should be."""
        now = activity.info().scheduled_time
        return self._noted(request, self._contracts.freeze(request.account, request.idempotency_key, now))

    @activity.defn(name="unfreeze_account")
    def unfreeze_account(self, request: UndoRequest) -> Noted:
        """The account stands as before."""
        now = activity.info().scheduled_time
        return self._noted(request, self._contracts.unfreeze(request.account, request.undoes, now))

    @activity.defn(name="terminate_contract")
    def terminate_contract(self, request: AtRequest) -> Noted:
        """The contracts end as of `at`."""
        return self._noted(request, self._contracts.terminate(request.account, request.idempotency_key, request.at))

    @activity.defn(name="renew_contract")
    def renew_contract(self, request: UndoRequest) -> Noted:
        """A new agreement for each one that was ended. Source: DOMAIN stages.7."""
        now = activity.info().scheduled_time
        return self._noted(request, self._contracts.recontract(request.account, request.undoes, now))

    def _noted(self, request: EffectRequest, receipt: Receipt) -> Noted:
        (kept,) = keep(self._store, request, [receipt])
        return Noted(text=f"{kept.action}: {kept.count}")
