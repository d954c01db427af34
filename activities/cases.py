"""The read model of a case, and what people decided in it."""

from collections.abc import Mapping

from temporalio import activity

from connectors.ports.own import CaseStore, Directory
from models.case import Decision, HoldsRequest, Noted, StageRecord, StandingHolds

_PREFERENCE = "set_contact_preference"
_HOURS = frozenset({"hours_from", "hours_to"})
_TRUTH = {"true": True, "false": False}


class CaseActivities:
    """Tells SQL where a case stands. The interceptor writes the ledger entry of each."""

    def __init__(self, *, store: CaseStore, directory: Directory) -> None:
        self._store, self._directory = store, directory

    @activity.defn(name="record_stage")
    def record_stage(self, record: StageRecord) -> Noted:
        """Keeps the stage; the same record again changes nothing."""
        self._store.record(record, activity.info().scheduled_time)
        return Noted()

    @activity.defn(name="standing_holds")
    def standing_holds(self, request: HoldsRequest) -> StandingHolds:
        """The holds that stand: a question, no effect, hence no ledger entry. Source: DOMAIN erasure.3."""
        return StandingHolds(holds=tuple(str(hold["id"]) for hold in self._store.holds(request.account)))

    @activity.defn(name="record_decision")
    def record_decision(self, decision: Decision) -> Noted:
        """Keeps a decision and, where it is one, the contact's preference; both once by key."""
        self._store.decide(decision, activity.info().scheduled_time)
        if decision.action == _PREFERENCE:
            self._directory.prefer(decision.account, _choice(decision.details))
        return Noted()


def _choice(details: Mapping[str, str]) -> dict[str, str | bool | int]:
    """What of it is about writing to them; why they leave is the decision's alone."""
    about = {name: said for name, said in details.items() if name != "reason"}
    return {name: int(said) if name in _HOURS else _TRUTH.get(said, said) for name, said in about.items()}
