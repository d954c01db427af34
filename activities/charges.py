"""Charges stop, pause and go on. Source: DOMAIN money.4, money.6, modes.1."""

from temporalio import activity

from activities.case_money import CaseMoney, refused
from activities.receipts import keep
from models.case import Noted
from models.effects import AtRequest, UndoRequest
from models.payload import EffectRequest, Receipt
from rules.forecast import due


class ChargeActivities(CaseMoney):
    """Each is harmless again and keeps its receipts; each undo gives back what was."""

    @activity.defn(name="stop_renewal")
    def stop_renewal(self, request: AtRequest) -> Noted:
        """Charges run on until `at`; a later notice moves it."""
        now = activity.info().scheduled_time
        receipt = self._billing.stop_renewal(request.account, request.at, request.idempotency_key, now)
        return self._noted(request, receipt)

    @activity.defn(name="resume_renewal")
    def resume_renewal(self, request: UndoRequest) -> Noted:
        """Renews as before."""
        now = activity.info().scheduled_time
        return self._noted(request, self._billing.resume_renewal(request.account, request.undoes, now))

    @activity.defn(name="freeze_charges")
    def freeze_charges(self, request: AtRequest) -> Noted:
        """What falls due before `at` is invoiced; then no charge, and no dunning. Source: DOMAIN money.4, money.6."""
        issued = self._issue_due(request)
        frozen = self._billing.freeze(request.account, request.idempotency_key, request.at)
        return self._noted(request, issued, frozen)

    @activity.defn(name="unfreeze_charges")
    def unfreeze_charges(self, request: UndoRequest) -> Noted:
        """Charges and duns as before; what had fallen due stays invoiced."""
        now = activity.info().scheduled_time
        return self._noted(request, self._billing.unfreeze(request.account, request.undoes, now))

    @activity.defn(name="suspend_charges")
    def suspend_charges(self, request: AtRequest) -> Noted:
        """A pause: as in a freeze, but what is paid ahead keeps. Source: DOMAIN modes.1."""
        issued = self._issue_due(request)
        suspended = self._billing.suspend(request.account, request.idempotency_key, request.at)
        return self._noted(request, issued, suspended)

    @activity.defn(name="resume_charges")
    def resume_charges(self, request: UndoRequest) -> Noted:
        """The days that were paid ahead and not used come first. Source: DOMAIN modes.1."""
        now = activity.info().scheduled_time
        return self._noted(request, self._billing.resume(request.account, request.undoes, now))

    def _issue_due(self, request: AtRequest) -> Receipt:
        """Days that were used are billed, none from `at` on; a system that bills by itself has done so."""
        state, key = self._billing.state(request.account, request.at), request.idempotency_key
        with refused():
            method = self._terms(request, state).rounding
            falls_due = due(state, request.at, self._timezone(request), method)
        return self._billing.issue_due(request.account, falls_due, key, request.at)

    def _noted(self, request: EffectRequest, *receipts: Receipt) -> Noted:
        return Noted(text=", ".join(f"{x.action}: {x.count}" for x in keep(self._store, request, receipts)))
