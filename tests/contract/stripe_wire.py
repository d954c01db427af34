"""Between the official client and localstripe: what a test makes of the wire, and what went over it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe
from requests.structures import CaseInsensitiveDict

Answer = tuple[str, int, Mapping[str, str]]
Fault = Callable[["Request"], Answer | None]


class Request:
    """A request as it went over the wire."""

    def __init__(self, method: str, url: str, headers: Mapping[str, str] | None, body: str | None) -> None:
        self.method, self.path = method, urlsplit(url).path
        self.headers, self.form = dict(headers or {}), dict(parse_qsl(body or urlsplit(url).query))

    def is_making(self, path: str) -> bool:
        """Whether it would make something there."""
        return self.method == "post" and self.path == path


@dataclass
class Wire(stripe.RequestsClient):
    """The client's own HTTP client, watched. `before` may answer in the server's place, `after` lose its answer."""

    before: Fault = lambda request: None
    after: Fault = lambda request: None
    seen: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(timeout=(5, 30))

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        request = Request(method, url, headers, post_data)
        self.seen.append(request)
        answer = self.before(request)
        if answer is None:
            answer = super().request(method, url, headers, post_data)
            answer = self.after(request) or answer
        return answer

    def made(self, path: str) -> list[Request]:
        """What was asked to be made there."""
        return [request for request in self.seen if request.is_making(path)]


class Lost(Exception):
    """The process dies here."""


def error(status: int, headers: Mapping[str, str] | None = None, **told: str) -> Answer:
    """An error in the form of https://docs.stripe.com/api/errors."""
    body = json.dumps({"error": {"type": "api_error", "message": "secret and personal", **told}})
    return body, status, CaseInsensitiveDict({"Request-Id": "req_1", **(headers or {})})


def once(path: str, what: Callable[[], Answer]) -> Fault:
    """Something that happens at the first request that makes something there."""
    left = [what]
    return lambda request: left.pop()() if left and request.is_making(path) else None


def dies() -> Answer:
    """The answer never comes to anybody."""
    raise Lost
