"""No more messages: looked at, clicked, sent by a mail program. Source: RFC 8058; DOMAIN messages.8."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete

from connectors.opening import Connections
from models.tables.farewells import SuppressionRow
from rules.links import opt_out_until
from tests.e2e.browser import LOOKS, Look, visitor
from tests.e2e.delivery import Delivery, ago

pytestmark = pytest.mark.asyncio(loop_scope="module")
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def leaving(at: Connections) -> Delivery:
    with at.engine.begin() as connection:  # all accounts of the sample have one address
        connection.execute(delete(SuppressionRow))
    return Delivery(at)


def addresses(delivery: Delivery) -> list[str]:
    reader = delivery.at.outbox.reader(delivery.case, delivery.account)
    return [each for each in (reader.email, reader.phone) if each]


def page_of(delivery: Delivery, until: datetime | None = None) -> str:
    until = until or opt_out_until(datetime.now(UTC))
    link = delivery.links.to_opt_out(delivery.case, delivery.account, until)
    return link.removeprefix("http://there")


def grounds(delivery: Delivery) -> set[str | None]:
    return {delivery.at.suppression.holds(each) for each in addresses(delivery)}


def acts(delivery: Delivery) -> list[tuple[str, str]]:
    return [(e.action, e.actor) for e in delivery.at.ledger.entries(delivery.case) if e.action == "opt_out"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_messages_8_looking_changes_nothing(web, leaving, method):
    await web.request(method, page_of(leaving))
    assert (grounds(leaving), acts(leaving)) == ({None}, [])


async def test_messages_8_a_mail_program_opts_out_by_one_request_without_page_cookie_or_origin(web, leaving):
    for form in ({"data": ONE_CLICK}, {"files": {"List-Unsubscribe": (None, "One-Click")}}, {}):
        answer = await web.post(page_of(leaving), **form)
        assert answer.status_code == 200, "RFC 8058, 3.1: no redirect"
    assert (grounds(leaving), acts(leaving)) == ({"opt_out"}, [("opt_out", "customer")])


async def test_messages_8_an_old_mail_still_opts_out_and_a_forged_link_does_not(web, leaving):
    assert (await web.post(page_of(leaving, ago(days=1)), data=ONE_CLICK)).status_code == 410
    portal = leaving.token(purpose="portal")
    assert (await web.post(f"/opt-out/{portal}", data=ONE_CLICK)).status_code == 404
    assert grounds(leaving) == {None}
    assert opt_out_until(datetime(2026, 11, 22, tzinfo=UTC)).year == 2036


async def test_messages_8_where_the_contact_is_forgotten_it_says_so_and_keeps_nothing(web, leaving, at):
    at.directory.erase(leaving.account, "contacts")
    leaving_page = await web.post(f"{page_of(leaving)}?language=en", data=ONE_CLICK)
    assert leaving_page.status_code == 200
    assert "We have no address of yours any more" in leaving_page.text


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_the_page_is_easy_for_everybody_and_one_click_is_enough(look: Look, language, leaving, chromium, web):
    origin = str(web.base_url).rstrip("/")
    async with visitor(chromium, origin, look) as reader:
        seen = await reader.open(f"{origin}{page_of(leaving)}?language={language}")
        done = await reader.press("No más mensajes" if language == "es" else "No more messages")
    assert (seen.status, seen.language, seen.findings) == (200, language, [])
    assert (done.status, done.language, done.findings) == (200, language, [])
    assert grounds(leaving) == {"opt_out"}
