"""The read model of a case, and what people decided in it."""

from collections.abc import Mapping

from temporalio import activity

from connectors.ports.farewells import Offers
from connectors.ports.own import CaseStore, Directory
from models.case import Decision, HoldsRequest, Noted, StageRecord, StandingHolds
from models.payload import SYSTEM
from models.vocabulary import Mode, OfferKind, Stage, TaskOutcome

_PREFERENCE, _ANSWER = "set_contact_preference", "answer_offer"
_HOURS = frozenset({"hours_from", "hours_to"})
_TRUTH = {"true": True, "false": False}


class CaseActivities:
    """Tells SQL where a case stands. The interceptor writes the ledger entry of each."""

    def __init__(self, *, store: CaseStore, directory: Directory, offers: Offers | None = None) -> None:
        self._store, self._directory, self._offers = store, directory, offers

    @activity.defn(name="record_stage")
    def record_stage(self, record: StageRecord) -> Noted:
        """Keeps the stage; the same record again changes nothing. An offered pause is kept once it has begun."""
        now = activity.info().scheduled_time
        self._store.record(record, now)
        if self._offers is not None and record.stage is Stage.PAUSED and record.mode is Mode.PAUSE:
            offer = self._offers.of(_before(record.case))
            if offer is not None and (offer.kind, offer.answer) == (OfferKind.PAUSE, "accepted"):
                self._offers.kept(offer.id, SYSTEM, now)
        return Noted()

    @activity.defn(name="standing_holds")
    def standing_holds(self, request: HoldsRequest) -> StandingHolds:
        """The holds that stand: a question, no effect, hence no ledger entry. Source: DOMAIN erasure.3."""
        return StandingHolds(holds=tuple(str(hold["id"]) for hold in self._store.holds(request.account)))

    @activity.defn(name="record_decision")
    def record_decision(self, decision: Decision) -> Noted:
        """Keeps a decision and, where it is one, the contact's preference or the answer to an offer; each once."""
        now, told = activity.info().scheduled_time, decision.details
        self._store.decide(decision, now)
        if decision.action == _PREFERENCE:
            self._directory.prefer(decision.account, _choice(told))
        if self._offers is not None and (offer := told.get("offer")):
            if decision.action == _ANSWER:
                self._offers.answer(offer, told["answer"], now)
            elif told.get("outcome") == TaskOutcome.DONE:
                self._offers.kept(offer, decision.actor, now)
        return Noted()


def _before(case: str) -> str:
    """The account's case before this one: a pause that was offered begins as the next."""
    account, _, number = case.rpartition("-")
    return f"{account}-{int(number) - 1}"


def _choice(details: Mapping[str, str]) -> dict[str, str | bool | int]:
    """What of it is about writing to them; why they leave is the decision's alone."""
    about = {name: said for name, said in details.items() if name != "reason"}
    return {name: int(said) if name in _HOURS else _TRUTH.get(said, said) for name, said in about.items()}
