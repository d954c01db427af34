"""Makes the one offer of a case when it is first asked for, and opens the pause of who accepts one.

Source: DOMAIN messages.4.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from temporalio import activity

from activities.ledger import record_once
from activities.planning import a_year_before, today
from connectors.errors import NotFound
from connectors.ports.company import BillingSystem
from connectors.ports.farewells import Offers
from connectors.ports.own import CaseStore, Directory, Ledger
from connectors.ports.storage import KeyStore
from models.account import AccountFacts
from models.case import CaseRequest, CaseState, Decision, OpenedCase
from models.money import BillingState
from models.offers import Offer
from models.payload import CUSTOMER, SYSTEM, EffectRequest
from models.policy import Policy
from models.vocabulary import ENDS, MailKind, Mode, OfferKind, Reason
from rules.calendar import ONE_DAY
from rules.leaving import Leaving
from rules.offers import offer_for

MADE = "offer_made"
_PREFERENCE = "set_contact_preference"


class OfferPorts(Protocol):
    """What making an offer reads and writes; `connectors.opening.Connections` has all of it."""

    @property
    def directory(self) -> Directory: ...  # noqa: D102
    @property
    def cases(self) -> CaseStore: ...  # noqa: D102
    @property
    def billing(self) -> BillingSystem: ...  # noqa: D102
    @property
    def offers(self) -> Offers: ...  # noqa: D102
    @property
    def ledger(self) -> Ledger: ...  # noqa: D102
    @property
    def keys(self) -> KeyStore: ...  # noqa: D102
    @property
    def policy(self) -> Policy: ...  # noqa: D102


def make_offer(at: OfferPorts, case: Mapping[str, Any], state: CaseState | None, now: datetime) -> Offer | None:
    """The offer of a case: the one that was made, else one made now, kept and in the ledger; None: there is none.

    `case` is its row, `state` what its workflow says now: where nobody answers none is made, for nobody knows until
    when it could be accepted. Asking again answers the same offer, whatever the policy says by then.
    Source: DOMAIN messages.4.

    Raises:
        ConnectorError: a system doesn't answer; then nothing was made.
    """
    standing = at.offers.of(str(case["id"]))
    if standing is None and state is not None and _may_be_made(state):
        wanted = offer_for(at.policy, leaving(at, case, state, now), now)
        standing = at.offers.keep(wanted) if wanted else None
    if standing is not None and standing.answer is None and state is not None:
        record_once(at.ledger, at.keys, _act(standing, state), standing.made_at, MADE)
    return standing


def reason_of(store: CaseStore, case: Mapping[str, Any]) -> Reason:
    """The customer's own word, where they gave one; else the account manager's."""
    said = [each["details"].get("reason") for each in store.decisions(str(case["id"])) if each["action"] == _PREFERENCE]
    told = [reason for reason in said if reason]
    return Reason(told[-1] if told else case["reason"])


def leaving(at: OfferPorts, case: Mapping[str, Any], state: CaseState, now: datetime) -> Leaving:
    """The case and its account as they stand."""
    plan = state.agreed or state.proposed
    dates = plan.dates if plan else {}
    facts = at.directory.facts(state.account)
    return Leaving(
        case=state.case,
        facts=facts,
        reason=reason_of(at.cases, case),
        mode=plan.mode if plan else state.mode,
        cause=plan.cause if plan else state.cause,
        stage=state.stage,
        effective_date=dates.get("effective_date"),
        retrieval_end=state.retrieval_end or dates.get("retrieval_end"),
        billing=_billing(at.billing, facts, now),
        pauses_before=at.cases.pauses(state.account, a_year_before(now)),
    )


def _may_be_made(state: CaseState) -> bool:
    """Before the goodbye, and of a case that nobody is taking back."""
    over = state.stage in ENDS or state.undo is not None or f"{MailKind.GOODBYE}.1" in state.sent
    return not over and state.offer is None


def _billing(billing: BillingSystem, facts: AccountFacts, now: datetime) -> BillingState | None:
    try:
        return billing.state(facts.account.id, now)
    except NotFound:  # who isn't billed there has no price that we know
        return None


def _act(offer: Offer, state: CaseState) -> Decision:
    return Decision(
        case=offer.case,
        account=offer.account,
        stage=state.stage,
        step=MADE,
        actor=SYSTEM,
        subject=offer.kind,
        action=MADE,
        details={"offer": offer.id},
    )


class OfferActivities:
    """What an accepted offer does by itself."""

    def __init__(self, *, directory: Directory, store: CaseStore, offers: Offers) -> None:
        self._directory, self._store, self._offers = directory, store, offers

    @activity.defn(name="open_pause")
    def open_pause(self, request: EffectRequest) -> OpenedCase:
        """Opens the case of the pause that was accepted in the case of `request`, which has ended.

        Again it answers the same one. Where the account has begun another exit meanwhile it answers none: the
        customer's last word counts. Source: DOMAIN stages.4, modes.1.
        """
        now = activity.info().scheduled_time
        offer = self._offers.of(request.case)
        facts = self._directory.facts(request.account)
        if offer is None or offer.kind is not OfferKind.PAUSE or offer.answer != "accepted":
            raise NotFound("offers", f"in case {request.case} no pause was accepted", "see: farewell offer list")
        opened = self._store.open_case(self._wanted(offer, facts, now), now)
        ours = opened.mode is Mode.PAUSE and opened.requested_by == CUSTOMER
        return OpenedCase(request=opened if ours else None)

    def _wanted(self, offer: Offer, facts: AccountFacts, now: datetime) -> CaseRequest:
        before = self._store.case(offer.account) or {}
        resume_on = today(facts, now) + ONE_DAY + timedelta(days=offer.terms.days) if offer.terms.days else None
        return CaseRequest(
            case="",
            account=offer.account,
            mode=Mode.PAUSE,
            reason=offer.reason,
            requested_by=CUSTOMER,
            manager=facts.account.manager,
            resume_on=resume_on,
            language=before["language"],
            channel=before["channel"],
        )
