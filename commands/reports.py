"""What exits teach: why they leave, what our messages did, who comes back, what offers were worth."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import typer

from commands.options import FirstDay, Json, LastDay
from commands.printing import show
from commands.refused import Exit, Refused

if TYPE_CHECKING:
    from connectors.opening import Connections
    from models.learning import Leaver, ReasonsReport
    from models.payload import Payload

_A_YEAR = timedelta(days=366)
_EARLIEST, _LATEST = date(1970, 1, 1), date(2199, 12, 31)


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    about = "What exits teach: in groups of five or more, and without any name."
    report = typer.Typer(help=about, no_args_is_help=True)
    for command in (reasons, cadence, returns, offers):
        report.command()(command)
    app.add_typer(report, name="report")


def reasons(begin: FirstDay = None, end: LastDay = None, as_json: Json = False) -> None:
    """Why they left: as we noted it, as they chose, as nobody in particular said; by size and age of the account."""
    from commands.reports_shown import print_reasons
    from commands.session import connections

    period = _period(begin, end)
    report = _reasons(connections(), *period)
    if as_json:
        _show(period, report)
    else:
        print_reasons(period, report)


def cadence(begin: FirstDay = None, end: LastDay = None, as_json: Json = False) -> None:
    """What was sent, skipped and stopped, and why; and what came back."""
    from commands.reports_shown import print_cadence
    from commands.session import connections
    from rules.learning_figures import cadence as counted

    period, at = _period(begin, end), connections()
    within = _instants(*period)
    report = counted(at.figures.happened(*within), at.figures.heard(*within))
    if as_json:
        _show(period, report)
    else:
        print_cadence(period, report)


def returns(begin: FirstDay = None, end: LastDay = None, as_json: Json = False) -> None:
    """Who came back of those whose exit ended in the period."""
    from commands.reports_shown import print_returns
    from commands.session import connections
    from rules.learning_figures import returns as counted

    period, at = _period(begin, end), connections()
    first, last = _instants(*period)
    report = counted(at.figures.exits(_midnight(_EARLIEST), last), first, last)
    if as_json:
        _show(period, report)
    else:
        print_returns(period, report)


def offers(begin: FirstDay = None, end: LastDay = None, as_json: Json = False) -> None:
    """What became of the offers of the period: accepted, declined, and who stayed for 30 and for 90 days."""
    from commands.reports_shown import print_offers
    from commands.session import connections
    from rules.learning_figures import offers as counted

    period, at = _period(begin, end), connections()
    found = counted(at.offers.since(*_instants(*period)), _leavers(at), datetime.now(UTC))
    if as_json:
        show({**_days(period), "offers": {kind: each.model_dump(mode="json") for kind, each in found.items()}})
    else:
        print_offers(period, found)


def _reasons(at: "Connections", first: date, last: date) -> "ReasonsReport":
    from rules.learning import reasons as counted
    from rules.survey import NO_QUARTER, bounds, cohorts

    quarters = cohorts(first, last + timedelta(days=1))
    answers = {quarter: at.surveys.answers([quarter]) for quarter in (*quarters, NO_QUARTER)}
    asked = {quarter: at.surveys.asked(*map(_midnight, bounds(quarter))) for quarter in quarters}
    return counted(at.figures.exits(*_instants(first, last)), answers, asked)


def _leavers(at: "Connections") -> "list[Leaver]":
    """Who left, or is about to: a stop or eject that nobody has taken back."""
    from models.learning import Leaver
    from models.vocabulary import ENDS, Mode, Stage

    stayed = ENDS - {Stage.CLOSED}
    rows = (row for row in at.cases.cases() if row["mode"] != Mode.PAUSE and row["stage"] not in stayed)
    return [Leaver(account=row["account"], case=row["id"], opened_at=row["opened_at"]) for row in rows]


def _period(begin: date | None, end: date | None) -> tuple[date, date]:
    """The first and the last day; without being told, the running quarter and the three before it."""
    from rules.survey import bounds, cohort

    for day in (begin, end):
        if day is not None and not _EARLIEST <= day <= _LATEST:
            raise Refused(Exit.USAGE, f"{day} is no day of ours", f"choose one from {_EARLIEST} to {_LATEST}")
    last = end or bounds(cohort(datetime.now(UTC).date()))[1] - timedelta(days=1)
    first = begin or bounds(cohort(last - _A_YEAR))[1]
    if first > last:
        raise Refused(Exit.USAGE, f"{first} is later than {last}", "--from is the first day, --to the last")
    return first, last


def _instants(first: date, last: date) -> tuple[datetime, datetime]:
    return _midnight(first), _midnight(last + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _show(period: tuple[date, date], report: "Payload") -> None:
    show({**_days(period), **report.model_dump(mode="json")})


def _days(period: tuple[date, date]) -> Mapping[str, Any]:
    return {"from": period[0].isoformat(), "to": period[1].isoformat()}
