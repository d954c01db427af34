"""Ports to what a goodbye leaves behind, in Farewell's own database.

All raise `connectors.errors.ConnectorError`, and nothing of the library behind.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from models.learning import Answered, Exited, Happened
from models.offers import Offer
from models.surveys import SurveyAnswer


class Suppression(Protocol):
    """Who gets no more but what the law requires: addresses as keyed hashes. Source: DOMAIN messages.8."""

    def add(self, address: str, ground: str, on: date) -> bool:
        """Keeps an address or number; False: it was there. The first ground stays."""
        ...

    def holds(self, address: str) -> str | None:
        """The ground on which this address isn't written to; None: it may be."""
        ...

    def lift(self, address: str) -> bool:
        """They asked to hear from us again; False: it wasn't there."""
        ...


class Offers(Protocol):
    """The one offer of each case. Source: DOMAIN messages.4."""

    def keep(self, offer: Offer) -> Offer:
        """Keeps it; a case that has one keeps that one: the answer is what stands."""
        ...

    def of(self, case: str) -> Offer | None:
        """The case's."""
        ...

    def answer(self, offer: str, answer: str, at: datetime) -> Offer:
        """`accepted` or `declined`; the first answer stands. Raises NotFound."""
        ...

    def kept(self, offer: str, by: str, at: datetime) -> Offer:
        """What was promised is done. Raises NotFound."""
        ...

    def since(self, begin: datetime, end: datetime) -> list[Offer]:
        """Those made in `[begin, end)`."""
        ...


class Surveys(Protocol):
    """Answers of nobody. Source: DOMAIN messages.6."""

    def keep(self, cohort: str, form: str, answer: SurveyAnswer) -> bool:
        """Keeps an answer; False: the form with this random word was sent in before."""
        ...

    def answers(self, cohorts: Sequence[str]) -> list[SurveyAnswer]:
        """Those of some cohorts, in no order."""
        ...

    def asked(self, begin: datetime, end: datetime) -> int:
        """How many goodbyes with the survey's link were sent in `[begin, end)`."""
        ...

    def asked_on(self) -> list[date]:
        """The days, by UTC, on which goodbyes with the survey's link were ever sent: one a goodbye, in order."""
        ...


class Returns(Protocol):
    """Who came back. Source: DOMAIN messages.9."""

    def note(self, case: str, account: str, at: datetime, *, restored: bool) -> bool:
        """The customer of an ended case is here again; False: that was known."""
        ...

    def since(self, begin: datetime, end: datetime) -> list[Mapping[str, Any]]:
        """`case`, `account`, `at`, `restored` of those in `[begin, end)`."""
        ...


class Figures(Protocol):
    """What reports count, of `[begin, end)`: nobody's name, nobody's words."""

    def exits(self, begin: datetime, end: datetime) -> list[Exited]:
        """The cases opened within."""
        ...

    def happened(self, begin: datetime, end: datetime) -> list[Happened]:
        """The messages sent and skipped, and the stops, within."""
        ...

    def heard(self, begin: datetime, end: datetime) -> list[Answered]:
        """What came back of messages within."""
        ...
