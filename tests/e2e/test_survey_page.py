"""The survey's page: answered once, with gaps, twice, too late, from elsewhere; in a real browser, too."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.opening import Connections
from models.surveys import LONGEST_COMMENT, Back, Change, SurveyAnswer
from models.vocabulary import Reason
from rules.survey import NO_QUARTER, survey_link
from tests.e2e.answering import links_of, send
from tests.e2e.browser import LOOKS, Look, visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")
TODAY = datetime.now(UTC)
LATE = datetime(2020, 5, 1, tzinfo=UTC)


@pytest.fixture
def page(at: Connections) -> str:
    return survey_link(links_of(at), TODAY.date()).removeprefix("http://there")


def comments(at: Connections) -> list[str | None]:
    return [answer.comment for answer in at.surveys.answers([NO_QUARTER])]


async def test_an_answer_is_kept_without_what_leads_to_somebody_and_thanked(web, at):
    sent = await send(web, links_of(at), TODAY, comment="Too dear.\r\nRing me: +34 600 111 222\u202e", reason="other")
    thanks = await web.get(str(sent.next_request.url) if sent.next_request else "")
    assert (sent.status_code, thanks.status_code) == (303, 200)
    assert "Thank you" in thanks.text
    kept = SurveyAnswer(reason=Reason.OTHER, change=Change.LOWER_PRICE, leaving=5, back=Back.PERHAPS)
    assert kept.model_copy(update={"comment": "Too dear. Ring me: […]"}) in at.surveys.answers([NO_QUARTER])


async def test_a_form_sent_twice_is_thanked_twice_and_counted_once(web, at):
    word = "a-word-of-our-own-choice"
    before = len(comments(at))
    for _ in range(2):
        assert (await send(web, links_of(at), TODAY, word=word)).status_code == 303
    assert len(comments(at)) == before + 1


async def test_what_is_missing_is_said_in_both_languages_and_what_was_said_stays(web, at, page):
    before = len(comments(at))
    for language, words in {"en": "Choose the main reason", "es": "Elija el motivo principal"}.items():
        said = {"word": "w" * 24, "reason": "bribe", "change": "nothing", "comment": "<b>{{7*7}}</b>"}
        answer = await web.post(f"{page}?language={language}", data=said)
        assert answer.status_code == 400
        assert words in answer.text
        assert 'value="nothing" id="change" checked' in answer.text or 'value="nothing" checked' in answer.text
        assert "&lt;b&gt;{{7*7}}&lt;/b&gt;" in answer.text
        assert f'value="{said["word"]}"' in answer.text
    assert len(comments(at)) == before


@pytest.mark.parametrize(
    ("comment", "status"),
    [("ñ" * LONGEST_COMMENT, 303), ("ñ" * (LONGEST_COMMENT + 1), 400), ("x" * 100_000, 400), ("\x00\r\n", 303)],
    ids=["longest", "longer", "flood", "nothing"],
)
async def test_a_comment_has_an_end(web, at, comment, status):
    assert (await send(web, links_of(at), TODAY, comment=comment)).status_code == status
    assert all(len(kept or "") <= LONGEST_COMMENT for kept in comments(at))


async def test_a_body_that_is_no_form_is_asked_again(web, page):
    for body in (b"", b"\xff\xfe%00&&==", b'{"reason": "price"}', b"reason=price&reason=other"):
        assert (await web.post(page, content=body)).status_code == 400


async def test_a_survey_that_has_closed_says_since_when(web, at):
    link = survey_link(links_of(at), LATE.date()).removeprefix("http://there")
    for answer in (await web.get(link), await web.post(link, data={}), await web.get(f"{link}/thanks")):
        assert answer.status_code == 410
        assert "December 31, 2020" in answer.text


async def test_a_link_for_no_quarter_is_none_of_ours(web, at):
    link = links_of(at).to_survey("2026-Q5", TODAY + timedelta(days=1)).removeprefix("http://there")
    assert (await web.get(link)).status_code == 404


async def test_a_form_of_another_page_is_not_taken(web, at, page):
    before = len(comments(at))
    whole = {"reason": "price", "change": "nothing", "leaving": "1", "back": "no"}
    answer = await web.post(page, data=whole, headers={"sec-fetch-site": "cross-site"})
    assert (answer.status_code, len(comments(at))) == (403, before)


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_the_survey_is_easy_for_everybody(look: Look, language, at, web, chromium):
    here, page = str(web.base_url).rstrip("/"), survey_link(links_of(at), TODAY.date()).removeprefix("http://there")
    send_it = {"en": "Send the answers", "es": "Enviar las respuestas"}[language]
    before = len(comments(at))
    async with visitor(chromium, here, look) as reader:
        asked = await reader.open(f"{here}{page}?language={language}")
        again = await reader.press(send_it)
        for name, choice in {"reason": "price", "change": "feature", "leaving": "4", "back": "yes"}.items():
            await reader.page.locator(f'input[name="{name}"][value="{choice}"]').check()
        await reader.page.locator("textarea").fill("Se lo contaré a {{7*7}}")
        thanked = await reader.press(send_it)
        await reader.page.reload()
    assert (asked.status, again.status, thanked.status) == (200, 400, 200)
    assert (asked.findings, again.findings, thanked.findings) == ([], [], [])
    assert {asked.language, again.language, thanked.language} == {language}
    assert len(comments(at)) == before + 1


async def test_a_click_on_what_is_missing_leads_to_the_question(at, web, page, chromium):
    here = str(web.base_url).rstrip("/")
    async with visitor(chromium, here) as reader:
        await reader.open(f"{here}{page}?language=en")
        await reader.press("Send the answers")
        await reader.page.get_by_role("link", name="Choose whether you might come back").click()
        assert await reader.page.evaluate("document.activeElement.name") == "back"
