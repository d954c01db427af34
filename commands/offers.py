"""The one offer of a case: shown (and made by that), answered, kept; and all of them, in a list."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.options import AccountArgument, As, Json, Why
from commands.printing import console, say, show, table
from commands.refused import Exit, Refused

if TYPE_CHECKING:
    from connectors.opening import Connections
    from models.case import CaseState
    from models.offers import Offer

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
MaybeOffer = Annotated[str | None, typer.Option("--offer", help="The offer's id, if it must be that one.")]
Open = Annotated[bool, typer.Option("--open", help="Only those that wait for an answer, or for us to keep them.")]


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    offers = typer.Typer(help="The one offer of an exit.", no_args_is_help=True)
    offers.command("show")(show_offer)
    offers.command()(accept)
    offers.command()(decline)
    offers.command()(kept)
    offers.command("list")(list_offers)
    app.add_typer(offers, name="offer")


def show_offer(account: AccountArgument, as_json: Json = False) -> None:
    """Show the offer, with its figures; the first look makes it, and from then on it stands."""
    from commands.offer_words import told
    from commands.session import connections

    _, _, _, offer = _offer_of(connections(), account)
    if as_json:
        show(offer.model_dump(mode="json"))
    else:
        say("\n".join(told(offer)))


def accept(account: AccountArgument, offer: MaybeOffer = None, who: As = None, as_json: Json = False) -> None:
    """Yes to the offer: who stays by it is taken back, and what we promised becomes a task."""
    _answer(account, offer, who, accepted=True, as_json=as_json)


def decline(account: AccountArgument, offer: MaybeOffer = None, who: As = None, as_json: Json = False) -> None:
    """No to the offer; it isn't asked again."""
    _answer(account, offer, who, accepted=False, as_json=as_json)


def kept(account: AccountArgument, reason: Why = "", who: As = None, as_json: Json = False) -> None:
    """Say that what was promised is done; an exit that waited for it ends as taken back."""
    from commands.decisions import tell
    from commands.sending import deliver
    from commands.session import acting, connections, open_case_of
    from commands.standing import look
    from models.payload import Personal
    from models.updates import ResolveTask
    from models.vocabulary import TaskOutcome
    from rules.offer_answers import PROMISE

    at = connections()
    case = open_case_of(at, account)
    state = _answering(look(at, case))
    task = next((task for task in state.tasks if task.step == PROMISE), None)
    if task is None:
        raise Refused(Exit.REFUSED, f"in case {case['id']} nobody waits for a promise", "see: farewell offer list")
    about = {"task": task.id, "outcome": TaskOutcome.DONE, "reason": Personal(text=reason)}
    word = ResolveTask(actor=acting(at, who), key=uuid.uuid4().hex, **about)
    tell(deliver(at, case, "resolve_task", word), as_json=as_json)


def list_offers(*, only_open: Open = False, as_json: Json = False) -> None:
    """List the offers, newest first: what was said to each, and whether it was kept."""
    from commands.offer_words import summary
    from commands.session import connections

    made = reversed(connections().offers.since(_FIRST, datetime.max.replace(tzinfo=UTC)))
    offers = [offer for offer in made if not only_open or _waits(offer)]
    if as_json:
        show([offer.model_dump(mode="json") for offer in offers])
    elif not offers:
        say("no offers; one is made when a customer, or farewell offer show ACCOUNT, first looks at it")
    else:
        columns = ("case", "made", "offer", "for", "answer", "kept")
        console().print(table(columns, [summary(offer) for offer in offers]))


def _waits(offer: "Offer") -> bool:
    """For an answer that may still come, or for us."""
    if offer.answer is None:
        return offer.until > datetime.now(UTC)
    return offer.answer == "accepted" and offer.kept_at is None


def _answer(account: str, wanted: str | None, who: str | None, *, accepted: bool, as_json: bool) -> None:
    from commands.decisions import tell
    from commands.sending import deliver
    from commands.session import acting, connections
    from models.updates import AnswerOffer
    from rules.offer_answers import answer_of

    at = connections()
    actor = acting(at, who)
    at, case, _, offer = _offer_of(at, account)
    if wanted not in {None, offer.id}:
        raise Refused(Exit.NOT_FOUND, f"case {case['id']} has no offer {wanted}", f"its one is {offer.id}")
    word = AnswerOffer(actor=actor, key=uuid.uuid4().hex, **answer_of(offer, accepted=accepted))
    tell(deliver(at, case, "answer_offer", word), as_json=as_json)


def _offer_of(at: "Connections", account: str) -> "tuple[Connections, Mapping[str, Any], CaseState | None, Offer]":
    """The case of the account and its offer, made now if none was; raises Refused where nothing true can be offered."""
    from activities.offers import make_offer
    from commands.session import case_of
    from commands.standing import look

    case = case_of(at, account)
    state = look(at, case)
    offer = make_offer(at, case, state, datetime.now(UTC))
    if offer is None and state is None and case["ended_at"] is None:
        _answering(state)
    if offer is None:
        what = f"case {case['id']} has no offer: the policy has none for its reason that would be true"
        raise Refused(Exit.NOT_FOUND, what, "farewell policy show tells what is offered to whom")
    return at, case, state, offer


def _answering(state: "CaseState | None") -> "CaseState":
    if state is None:
        what = "the case doesn't answer, so nobody knows what could be promised"
        raise Refused(Exit.OUTSIDE, what, "is a worker running? farewell doctor")
    return state
