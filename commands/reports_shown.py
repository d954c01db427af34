"""Reports as people read them."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

from commands.printing import console, say, table

if TYPE_CHECKING:
    from models.learning import CadenceReport, Groups, OfferFigures, ReasonsReport, ReturnsReport, Said

Period = tuple[date, date]
_REST = "in groups of fewer than 5 each"
_TOO_FEW = "fewer than 5, so nothing is told"


def print_reasons(period: Period, report: "ReasonsReport") -> None:
    """Two records side by side, which nothing connects."""
    say(f"exits that began {_words(period)}: {report.exits}")
    ours = {
        "how they stand": report.ends,
        "reason, as we noted it": report.reason,
        "reason, as they chose it": report.own_reason,
        "worth a year, in their currency": report.size,
        "customer for": report.age,
        "reason and worth": report.reason_by_size,
        "reason and age": report.reason_by_age,
    }
    if any(groups.groups or groups.fewer for groups in ours.values()):
        _print("exits", ours)
    else:
        say("the reasons, sizes and ages of fewer than 5 aren't told; the single cases: farewell list")
    quarters = " to ".join(dict.fromkeys((*report.quarters[:1], *report.quarters[-1:]))) or "no whole quarter"
    _print_said(f"survey, anonymous ({quarters})", report.survey)
    _print_said("survey, from quarters in which fewer than 5 were asked", report.unquartered)


def print_cadence(period: Period, report: "CadenceReport") -> None:
    """One row for each thing that happened."""
    rows = [*_each("sent", report.sent), *_each("not sent", report.skipped), *_each("came back", report.heard)]
    rows += [("stopped", "follow-ups", _spaced(ground), count) for ground, count in report.stopped.items()]
    if rows:
        say(f"messages {_words(period)}")
        console().print(table(("what", "message", "how or why", "times"), rows, right=("times",)))
    else:
        say(f"no message was sent or skipped {_words(period)}")


def print_returns(period: Period, report: "ReturnsReport") -> None:
    """In a few lines."""
    say(f"exits that ended {_words(period)}: {report.left}, of whom {report.returned} came back")
    if report.returned:
        say(f"with the package that they had kept: {report.restored}; after {report.median_days} days in the median")
    say(f"sent the come-back offer: {report.asked_back}, of whom {report.after_asking} came back after it")
    rows = [(_spaced(why), count["left"], count["returned"]) for why, count in report.by_reason.items()]
    if rows:
        console().print(table(("reason", "left", "came back"), rows, right=("left", "came back")))


def print_offers(period: Period, found: "Mapping[str, OfferFigures]") -> None:
    """One row a kind."""
    columns = ("offer", "made", "accepted", "declined", "promise kept", "here after 30 days", "after 90", "left since")
    rows = [
        (
            _spaced(kind),
            each.made,
            each.accepted,
            each.declined,
            each.promises_kept,
            f"{each.kept_30} of {each.after_30}",
            f"{each.kept_90} of {each.after_90}",
            each.left_since,
        )
        for kind, each in found.items()
    ]
    if rows:
        say(f"offers made {_words(period)}; who left since counts back")
        console().print(table(columns, rows, right=columns[1:]))
    else:
        say(f"no offer was made {_words(period)}")


def _print_said(title: str, said: "Said") -> None:
    asked = "" if said.asked is None else f", {said.asked} asked"
    if said.answers is None:
        say(f"{title}: {_TOO_FEW}{asked}")
        return
    flood = said.asked is not None and said.answers > said.asked
    say(f"{title}: {said.answers} answers{asked}; how leaving was: {said.leaving} of 5")
    if flood:
        say("more answers than were asked: somebody answered several times")
    answers = {
        "reason": said.reason,
        "what would have changed it": said.change,
        "reason, and what would have changed it": said.change_by_reason,
        "may come back": said.back,
    }
    _print("answers", answers)
    for comment in said.comments:
        say(f"– {comment}")


def _print(counted: str, sections: "Mapping[str, Groups]") -> None:
    rows = [row for title, groups in sections.items() for row in _section(title, groups)]
    console().print(table(("by", "group", counted), rows, right=(counted,)))


def _section(title: str, groups: "Groups") -> Iterator[tuple[str, str, object]]:
    told: list[tuple[str, object]] = [(_spaced(name), count) for name, count in groups.groups.items()]
    if groups.fewer:
        told.append((_REST, groups.fewer))
    for number, (name, count) in enumerate(told or [(_TOO_FEW, "")]):
        yield "" if number else title, name, count


def _each(what: str, counted: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[str, str, str, int]]:
    for kind, groups in counted.items():
        for name, count in groups.items():
            yield what, _spaced(kind), _spaced(name), count


def _spaced(name: str) -> str:
    return name.replace("_", " ")


def _words(period: Period) -> str:
    return f"from {period[0]} to {period[1]}"
