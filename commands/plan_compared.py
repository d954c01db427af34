"""Ways out side by side: what happens on which day, what it costs, what is kept, what is erased, how to come back."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from commands.plan_words import approvals, costs, date_words, day, told_dates, way_back
from commands.printing import console, say, table
from commands.wishes import Way
from models.plan import Duties, Plan
from models.vocabulary import Mode

if TYPE_CHECKING:
    from models.account import AccountFacts


class Drafted(NamedTuple):
    """A way out and its plan; or, where no plan can be made, why: a code, what, and the fix."""

    way: Way
    plan: Plan | None
    refused: tuple[str, str, str] = ("", "", "")

    def as_json(self) -> dict[str, Any]:
        """The plan; or what was asked for, and `refused`."""
        if self.plan is not None:
            return self.plan.model_dump(mode="json")
        code, what, fix = self.refused
        asked = self.way.effective_on.isoformat() if self.way.effective_on else None
        return {
            "mode": self.way.mode,
            "effective_on": asked,
            "refused": {"code": code, "what": what, "fix": fix},
        }


def print_comparison(facts: "AccountFacts", drafted: Sequence[Drafted]) -> None:
    """One table, a column a way."""
    plans = [each.plan for each in drafted]
    say(f"{facts.account.name} ({facts.account.id}): ways out, side by side")
    say(f"Each day from its midnight on, in {facts.account.timezone}.")
    titles = ("", *(_title(each) for each in drafted))
    console().print(table(titles, [*_days(plans), *_rows(plans)]))
    for each in drafted:
        if each.plan is None:
            say(f"No {_title(each)}: {each.refused[1]} ({each.refused[2]}).")
    say("Nothing has been changed.")


def _title(each: Drafted) -> str:
    cause = f" ({each.way.cause.replace('_', ' ')})" if each.way.cause else ""
    on = f" on {each.way.effective_on}" if each.way.effective_on else ""
    return f"{each.way.mode}{cause}{on}"


def _days(plans: Sequence[Plan | None]) -> list[list[str]]:
    """A row a date, in the order in which they come in the first plan that has it."""
    made = [plan.commitments for plan in plans if plan is not None]
    names = dict.fromkeys(name for terms in made for name in told_dates(terms))
    pauses = any(terms.mode is Mode.PAUSE for terms in made)
    return [[_heading(name, pauses=pauses), *(_day_of(plan, name) for plan in plans)] for name in names]


def _heading(name: str, *, pauses: bool) -> str:
    words = date_words(name, Mode.STOP)
    return f"{words}, or pause begins" if pauses and name == "effective_date" else words


def _day_of(plan: Plan | None, name: str) -> str:
    found = told_dates(plan.commitments).get(name) if plan else None
    return day(found.at) if found else "–"


def _rows(plans: Sequence[Plan | None]) -> list[list[str]]:
    parts: dict[str, Callable[[Plan], str]] = {
        "what it costs": costs,
        "what is kept": _kept,
        "what is erased": _erased,
        "how to come back": way_back,
        "approvals": approvals,
        "stopped by": lambda plan: ", ".join(blocker.code.replace("_", " ") for blocker in plan.blockers) or "nothing",
    }
    return [[heading, *(told(plan) if plan else "–" for plan in plans)] for heading, told in parts.items()]


def _kept(plan: Plan) -> str:
    if plan.commitments.mode is Mode.PAUSE:
        return "everything"
    kept = [duty for duty in plan.commitments.data_sets if duty.erase != "delete"]
    return f"{_rows_of(plan, kept)} by law or without names" if kept else "nothing"


def _erased(plan: Plan) -> str:
    gone = [duty for duty in plan.commitments.data_sets if duty.erase == "delete"]
    return _rows_of(plan, gone) if gone else "nothing"


def _rows_of(plan: Plan, duties: Sequence[Duties]) -> str:
    rows = sum(plan.estimates.rows.get(duty.name, 0) for duty in duties)
    return f"{rows:,} rows in {len(duties)} data set{'' if len(duties) == 1 else 's'}"
