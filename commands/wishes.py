"""What a person asks for, in the form that the rules read; what doesn't go together is refused first."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from commands.refused import Exit, Refused
from models.vocabulary import Cause, Mode, Stage

if TYPE_CHECKING:
    from connectors.opening import Connections
    from models.account import AccountFacts
    from rules.plan import Wish


@dataclass(frozen=True)
class Way:
    """One way out, as asked for on the command line: days of the customer's calendar."""

    mode: Mode
    effective_on: date | None = None
    resume_on: date | None = None
    cause: Cause | None = None


def refuse_contradictions(modes: Collection[Mode], resume_on: date | None, cause: Cause | None) -> None:
    """An option that none of the modes knows, or an eject for no cause. Source: DOMAIN modes.1, modes.3.

    Raises:
        Refused: 2, wrong use.
    """
    if cause and Mode.EJECT not in modes:
        raise Refused(Exit.USAGE, f"only an eject has a cause, and this is {' or '.join(modes)}", "leave --cause out")
    if resume_on and Mode.PAUSE not in modes:
        raise Refused(Exit.USAGE, f"only a pause resumes, and this is {' or '.join(modes)}", "leave --resume out")
    if cause is None and list(modes) == [Mode.EJECT]:
        raise Refused(Exit.USAGE, "an eject needs a cause", f"say --cause {'|'.join(Cause)}")


def wish_of(at: "Connections", facts: "AccountFacts", way: Way, now: datetime) -> "Wish":
    """The wish as of `now`, with the pauses of the year before, and the one that is under way.

    Source: DOMAIN modes.1, modes.4.
    """
    from activities.planning import a_year_before, today
    from rules.plan import Wish

    paused = at.cases.pauses(facts.account.id, a_year_before(now)) if way.mode is Mode.PAUSE else 0
    return Wish(
        mode=way.mode,
        requested_on=today(facts, now),
        effective_on=way.effective_on,
        resume_on=way.resume_on,
        paused_on=_paused_on(at, facts.account.id),
        cause=way.cause,
        pauses_before=paused,
    )


def _paused_on(at: "Connections", account: str) -> date | None:
    """The day since which the account pauses; the read model keeps it with the customer's own offset."""
    row = at.cases.case(account)
    if row is None or row["stage"] != Stage.PAUSED or row["ended_at"] is not None:
        return None
    return datetime.fromisoformat(row["state"]["effective_date"]).date()
