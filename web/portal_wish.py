"""What the form of a new exit says, as the rules read it, and what is wrong with it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, date
from typing import Any

from commands.wishes import Way
from models.vocabulary import Cause, Mode, Reason
from rules.calendar import ONE_DAY
from web.portal_choices import chosen, faults_of
from web.reception import Form

NOW = "now"
WAYS = (Mode.STOP.value, Mode.PAUSE.value, NOW)
_DAYS = {Mode.STOP.value: ("last_day",), Mode.PAUSE.value: ("first_day", "resume_day"), NOW: ()}
FIELD_OF = {
    "effective_date": {Mode.STOP: "last_day", Mode.PAUSE: "first_day"},
    "resume_date": {Mode.PAUSE: "resume_day"},
}
"""In which field stands what can't be."""


@dataclass(frozen=True)
class Wished:
    """A form of a new exit: its `way` out, the `reason`, how to be written to; `faults` by field."""

    form: Form
    channels: Collection[str]
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def way(self) -> Way:
        """The way out. The day that is typed is the last one, so the end is the midnight after it."""
        named, days = self.form["way"], {name: _day(self.form.get(name, "")) for name in _DAYS[self.form["way"]]}
        if named == NOW:
            return Way(Mode.EJECT, cause=Cause.CUSTOMER_DEMAND)
        if named == Mode.PAUSE:
            return Way(Mode.PAUSE, days["first_day"], days["resume_day"])
        last = days["last_day"]
        return Way(Mode.STOP, last + ONE_DAY if last else None)

    @property
    def reason(self) -> Reason:
        """Why, in their own choice of reason; who says nothing isn't asked again."""
        return Reason(self.form["reason"]) if self.form.get("reason") else Reason.OTHER

    @property
    def choices(self) -> dict[str, Any]:
        """How they want to hear from us."""
        return {name: value for name, value in chosen(self.form).items() if name != "reason"}


def wished(form: Form, channels: Collection[str]) -> Wished:
    """The form, checked as far as it can be without a plan."""
    way = form.get("way", "")
    faults = {} if way in WAYS else {"way": "leave_fault_way"}
    for name in _DAYS.get(way, ()):
        if form.get(name, "").strip() and _day(form[name]) is None:
            faults[name] = "leave_fault_no_day"
    return Wished(form, channels, {**faults, **faults_of(form, channels)})


def _day(text: str) -> date | None:
    """None for what is no day, and for one after which the calendar has no year left to count in."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return day if day.year < MAXYEAR else None
