"""Every route of the router: what its answers carry, whom it lets in, which forms it takes. A new one comes in by itself.

Source: TRUST 13, 14, 16.
"""

from datetime import datetime
from typing import NamedTuple

import httpx
import pytest

from connectors.opening import Connections
from rules.links import Pass
from tests.e2e.delivery import UNTIL, Delivery, ago
from web.application import pages_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
PURPOSES = {"package": "package", "exit": "portal", "opt-out": "opt_out", "survey": "survey"}
"""What a token must be for, by the first part of the address that it stands in."""
ONE_CLICK = "/opt-out/{token}"  # RFC 8058: a mail provider sends it, from no page of ours
BEHIND_A_MOUNT = ("/codec/sign-in", "/codec/decode", "/codec/encode")
NAMES = ("Faro Studio", "Núria", "faro.example")  # the sample account's, and nobody else's business


class Way(NamedTuple):
    """A method at an address."""

    method: str
    path: str

    @property
    def purpose(self) -> str | None:
        return PURPOSES[self.path.split("/")[1]] if "{token}" in self.path else None

    def to(self, token: str) -> str:
        return self.path.format(token=token, path="data/datapackage.json")


@pytest.fixture(scope="module")
def ways(at: Connections) -> list[Way]:
    routes = pages_of(at, None).routes  # type: ignore[arg-type]  # nothing is asked of Temporal
    found = [Way(method, route.path_format) for route in routes for method in getattr(route, "methods", None) or ()]
    assert len(found) > 5
    return found


@pytest.fixture(scope="module")
def delivery(at: Connections) -> Delivery:
    return Delivery(at)


def token_of(delivery: Delivery, purpose: str, until: datetime = UNTIL, **other: str) -> str:
    if purpose == "survey":
        return delivery.links.to_survey("2026-Q4", until).rpartition("/")[2]
    about = {"account": delivery.account, "case": delivery.case, "purpose": purpose, "until": until}
    return delivery.links.token(Pass.model_validate({**about, **other}))


async def asked(web: httpx.AsyncClient, way: Way, token: str, **headers: str) -> httpx.Response:
    return await web.request(way.method, way.to(token), headers=headers)


async def test_every_answer_carries_every_header(web, ways, delivery):
    addresses = [way.to(token_of(delivery, way.purpose or "portal")) for way in ways]
    addresses += [way.to("x") for way in ways] + [*BEHIND_A_MOUNT, "/", "/nothing"]
    for address in dict.fromkeys(addresses):
        for method in ("GET", "POST", "HEAD"):
            answer = await web.request(method, address)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "base-uri 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["x-robots-tag"] == "noindex, nofollow"
            assert "server" not in answer.headers
            assert "set-cookie" not in answer.headers
            assert answer.status_code < 500 or answer.status_code == 503, (method, address)


async def test_a_token_for_one_thing_opens_no_other(web, ways, delivery):
    for way in (each for each in ways if each.purpose):
        for purpose in sorted({*PURPOSES.values()} - {way.purpose}):
            answer = await asked(web, way, token_of(delivery, purpose))
            assert answer.status_code == 404, (way, purpose)
            assert not [name for name in NAMES if name in answer.text]


@pytest.mark.parametrize("forged", ["x", "a.b.c", "%00", "..", "a" * 4000])
async def test_what_we_never_signed_opens_nothing_and_tells_nothing(web, ways, delivery, forged):
    for way in (each for each in ways if each.purpose):
        answer = await asked(web, way, forged)
        assert answer.status_code in {404, 405}, way
        assert not [name for name in NAMES if name in answer.text]


async def test_a_link_whose_time_is_up_opens_nothing(web, ways, delivery):
    for way in (each for each in ways if each.purpose):
        answer = await asked(web, way, token_of(delivery, str(way.purpose), ago(days=1)))
        assert answer.status_code in {404, 410}, way


async def test_a_link_of_nobody_and_one_of_anothers_case_tell_nothing_of_this_one(web, ways, delivery, at):
    other = Delivery(at)
    for way in (each for each in ways if each.purpose and each.purpose != "survey"):
        for about in ({"account": "nobody", "case": "nobody-1"}, {"case": other.case}, {"account": other.account}):
            answer = await asked(web, way, token_of(delivery, str(way.purpose), **about))
            assert answer.status_code in {404, 410}, (way, about)
            assert delivery.case not in answer.text
            assert other.case not in answer.text


@pytest.mark.parametrize(
    "foreign",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
    ids=str,
)
async def test_a_form_from_elsewhere_is_not_taken(web, ways, delivery, foreign):
    for way in (each for each in ways if each.method == "POST" and each.purpose and each.path != ONE_CLICK):
        answer = await asked(web, way, token_of(delivery, str(way.purpose)), **foreign)
        assert answer.status_code == 403, way


async def test_webhooks_take_nothing_that_is_not_signed(web, ways):
    for way in (each for each in ways if each.path.startswith("/webhooks/")):
        answer = await web.post(way.path, content=b"{}")
        assert answer.status_code in {400, 401, 404}, way


async def test_no_route_is_left_out_of_the_matrix(ways):
    """Whoever adds a page says for whom: a token, a signature, or nobody's secret."""
    open_to_all = {way.path for way in ways if way.purpose is None and not way.path.startswith("/webhooks/")}
    assert open_to_all <= {"/health"}
