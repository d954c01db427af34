"""The exit survey's page: the same address for all who leave in a quarter. Source: DOMAIN messages.6.

A visit leaves nothing behind: no cookie, no line in log or ledger, no time. What is sent in is kept with its quarter
alone, and not even with that where fewer than five were asked.
"""

import asyncio
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from connectors.opening import Connections
from models.surveys import FEWEST, LONGEST_COMMENT, Back, Change, SurveyAnswer
from models.vocabulary import Reason
from rules.links import LinkRefused, Links
from rules.survey import bounds, crowd, kept_as, surely_within, without_traces
from web.bodies import whole_body
from web.headers import is_ours
from web.links import Closed
from web.pages import Pages, language_of

QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "reason": tuple(Reason),
    "change": tuple(Change),
    "leaving": tuple(str(mark) for mark in range(5, 0, -1)),
    "back": tuple(Back),
}
LARGEST_BYTES = 1 << 14
_WORD = re.compile(r"[A-Za-z0-9_-]{20,64}")


@dataclass
class SurveyRoutes:
    """`/survey/{token}`: the form, what becomes of it, and the thanks."""

    at: Connections
    links: Links
    pages: Pages
    now: Callable[[], datetime]

    def mount(self, app: FastAPI) -> None:
        """Adds the routes."""
        here = "/survey/{token}"
        app.add_api_route(here, self.show, methods=["GET"])
        app.add_api_route(here, self.take, methods=["POST"])
        app.add_api_route(f"{here}/thanks", self.thank, methods=["GET"])

    async def show(self, request: Request, token: str) -> Response:
        """The questions, or that it's too late for them."""
        cohort, until = self._cohort(token)
        if cohort is None:
            return self._closed(request, until)
        return await self._form(request, token, {}, {})

    async def take(self, request: Request, token: str) -> Response:
        """Keeps the answer, once; one with gaps comes back with what is missing."""
        if not is_ours(request):
            raise Closed("foreign_form")
        cohort, until = self._cohort(token)
        if cohort is None:
            return self._closed(request, until)
        given = _fields(await whole_body(request, LARGEST_BYTES))
        answer, faults = _answer(given)
        if answer is None:
            return await self._form(request, token, given, faults)
        await asyncio.to_thread(self._keep, cohort, _word(given), answer)
        return RedirectResponse(f"{token}/thanks?language={language_of(request, None)}", status_code=303)

    async def thank(self, request: Request, token: str) -> Response:
        """Thanks, whether it came once or twice."""
        cohort, until = self._cohort(token)
        if cohort is None:
            return self._closed(request, until)
        return self.pages.page("survey_thanks", request, None)

    def _cohort(self, token: str) -> tuple[str | None, datetime]:
        """The quarter, or None once it's closed, and until when it's open; raises Closed for what we never made."""
        try:
            cohort, until = self.links.survey(token)
            bounds(cohort)
        except (LinkRefused, ValueError):
            raise Closed("unknown") from None
        return (cohort if self.now() < until else None), until

    def _keep(self, cohort: str, word: str, answer: SurveyAnswer) -> None:
        asked = self.at.surveys.asked(*surely_within(cohort))
        self.at.surveys.keep(kept_as(cohort, asked), word, answer)

    def _is_hidden(self, token: str) -> bool:
        """Whether there are enough of them that nobody can guess whose an answer is."""
        cohort, _ = self.links.survey(token)
        if self.at.surveys.asked(*surely_within(cohort)) >= FEWEST:
            return True
        return crowd(self.at.surveys.asked_on()) >= FEWEST

    async def _form(
        self, request: Request, token: str, given: Mapping[str, str], faults: Mapping[str, str]
    ) -> Response:
        hidden = await asyncio.to_thread(self._is_hidden, token)
        shown: dict[str, Any] = {"given": given, "faults": faults, "questions": QUESTIONS, "longest": LONGEST_COMMENT}
        shown |= {"token": token, "word": _word(given), "hidden": hidden}
        return self.pages.page("survey", request, None, 400 if faults else 200, **shown)

    def _closed(self, request: Request, until: datetime) -> Response:
        return self.pages.page("survey_closed", request, None, 410, until=until)


def _fields(body: bytes | None) -> Mapping[str, str]:
    """What a form says; the first of each name. One that is too large says nothing."""
    return dict(reversed(parse_qsl((body or b"").decode("utf-8", "replace"))))


def _answer(given: Mapping[str, str]) -> tuple[SurveyAnswer | None, dict[str, str]]:
    """The answer, or the sentence for each question that has none."""
    faults = {name: f"survey_{name}_missing" for name, known in QUESTIONS.items() if given.get(name) not in known}
    comment = without_traces(given.get("comment", ""))
    if comment is not None and len(comment) > LONGEST_COMMENT:
        faults["comment"] = "survey_comment_long"
    if faults:
        return None, faults
    return SurveyAnswer.model_validate({**{name: given[name] for name in QUESTIONS}, "comment": comment}), {}


def _word(given: Mapping[str, str]) -> str:
    """The form's random word, by which it counts once: that of the form, or a new one."""
    word = given.get("word", "")
    return word if _WORD.fullmatch(word) else secrets.token_urlsafe()
