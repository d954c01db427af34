"""A goodbye worth remembering, lived once from the customer's side: every page in a real browser, every mail as it came.

Source: UX, Pages, Customer; DOMAIN messages; TRUST 14, 16; SEEDS.
"""

import asyncio
import os
import sqlite3
from collections import Counter
from contextlib import closing
from email.utils import parseaddr
from pathlib import Path

import pytest

from models.surveys import Back, Change
from tests.e2e.browser import NARROW, Look, browser, chromium, visitor
from tests.e2e.farewell import ACCOUNT, CASE, GLANCES, Farewell, played

pytestmark = [
    pytest.mark.timeout(600),  # the first test waits for the whole play
    pytest.mark.skipif(chromium() is None, reason="no Chromium: apt-get install chromium, or set FAREWELL_CHROMIUM"),
]
PAGES = {
    **dict.fromkeys(("asked for", "choices", "offer", "offer answered", "notice served", "stay", "more time"), 200),
    **dict.fromkeys(("to be fetched", "goodbye", "package", "draft statement", "survey", "taken"), 200),
    **dict.fromkeys(("closed", "certificate after closure", "goodbye after closure", "opt out"), 200),
    "statement before there is one": 200,  # what it will come to, as far as one can tell
    "package after erasure": 410,
    "stay after closure": 409,
    "statement after closure": 200,
}
FORMS = {
    **dict.fromkeys(("choices made", "offer declined", "package taken", "survey answered", "opted out"), 200),
    **dict.fromkeys(("choices with a fault", "survey with gaps"), 400),
}
MAILS = ("acknowledgement", "plan", "notice", "goodbye", "statement", "thanks", "certificate")
MARKETING = ("thanks", "survey_reminder", "come_back")


@pytest.fixture(scope="module")
def farewell(tmp_path_factory: pytest.TempPathFactory) -> Farewell:
    pictures = os.environ.get("FAREWELL_PICTURES")
    return asyncio.run(played(tmp_path_factory.mktemp("farewell"), Path(pictures) if pictures else None))


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_easy_for_everybody_in_both_languages(page: str, farewell: Farewell) -> None:
    """At 320 and 1280 px, with and without scripts, in the dark, by keyboard; axe finds nothing serious."""
    glances = [each for each in farewell.glances if each.page == page]
    assert len(glances) == len(GLANCES)
    assert {str(each): each.sight.findings for each in glances if each.sight.findings} == {}
    assert {each.sight.status for each in glances} == {PAGES[page]}
    assert all(each.sight.language == each.language for each in glances)


@pytest.mark.parametrize("page", FORMS)
def test_every_form_is_sent_without_a_script_and_leads_to_a_page_in_words(page: str, farewell: Farewell) -> None:
    (sight,) = farewell.seen(page)
    assert (sight.status, sight.findings) == (FORMS[page], [])


def test_every_answer_of_a_page_is_in_the_readers_language(farewell: Farewell) -> None:
    """The same page in two languages has two titles."""
    for page in PAGES:
        titles = {(each.language, each.sight.title) for each in farewell.glances if each.page == page}
        assert len({title for _, title in titles}) == 2, page


def test_messages_2_what_is_chosen_on_the_page_is_kept(farewell: Farewell) -> None:
    decided = [entry for entry in farewell.notes["ledger"] if entry.action == "set_contact_preference"]
    assert [(entry.actor, entry.outcome) for entry in decided] == [("customer", "done")]


def test_messages_4_the_offer_is_matched_to_the_reason_just_given_and_declined_in_one_click(farewell: Farewell) -> None:
    offer = farewell.notes["offer"]
    assert (offer.kind, offer.reason, offer.answer) == ("pause", "too_little_use", "declined")
    made = [entry.action for entry in farewell.notes["ledger"] if "offer" in entry.action]
    assert Counter(made) == {"offer_made": 1, "answer_offer": 1}


@pytest.mark.parametrize("kind", MAILS)
def test_every_mail_is_text_and_html_of_one_tenor(kind: str, farewell: Farewell) -> None:
    mail = farewell.letters[kind]
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert mail["Content-Language"] == "es"
    assert parseaddr(mail["To"])[1] == "lucia.aznar@montajesmoncayo.example"
    words = text.get_content().split()
    told = html.get_content()
    missing = [word for word in words if word.isalpha() and len(word) > 5 and word not in told]
    assert missing == []


async def test_every_mail_is_easy_to_read_on_a_phone(farewell: Farewell, tmp_path: Path) -> None:
    """As a mail program shows it: nothing fetched from anywhere, nothing cut off, in the dark, too."""
    pictures = os.environ.get("FAREWELL_PICTURES")
    async with browser() as opened:
        for kind, mail in farewell.letters.items():
            html = mail.get_body(("html",))
            assert html is not None
            (tmp_path / f"{kind}.html").write_text(html.get_content(), encoding="utf-8")
            for look in (Look(NARROW), Look(NARROW, dark=True), Look(640, script=False)):
                async with visitor(opened, "file://", look) as reader:
                    seen = await reader.open((tmp_path / f"{kind}.html").as_uri())
                    if pictures:
                        await reader.picture(Path(pictures) / f"mail-{kind}-{look}.png".replace(" ", "-"))
                wrong = [each for each in seen.findings if each != "not one first heading"]  # a letter has none
                assert wrong == [], f"{kind} at {look}"


def test_messages_8_a_mail_that_nobody_owes_can_be_stopped_by_one_click(farewell: Farewell) -> None:
    for kind, mail in farewell.letters.items():
        unsubscribe, one_click = mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]
        if kind in MARKETING:
            assert "/opt-out/" in unsubscribe
            assert one_click == "List-Unsubscribe=One-Click"
        else:
            assert (unsubscribe, one_click) == (None, None), kind


def test_messages_5_who_opted_out_is_left_in_peace(farewell: Farewell) -> None:
    """They had said yes to hearing from us again; then they said no, and more than a year went by."""
    came = [message_id for message_id, _ in farewell.received]
    assert not [each for each in came if ".come_back." in each]
    stops = [entry.subject for entry in farewell.notes["ledger"] if entry.action == "stop_follow_ups"]
    assert stops == ["opt_out"]


def test_nobody_got_a_mail_twice(farewell: Farewell) -> None:
    assert {each: n for each, n in Counter(m for m, _ in farewell.received).items() if n > 1} == {}


def test_no_mail_came_at_night_or_on_a_weekend_but_those_that_answer_somebody(farewell: Farewell) -> None:
    for kind in ("goodbye", "statement", "thanks", "certificate"):
        sent = farewell.letters[kind]["Date"].datetime.astimezone(farewell.notes["zone"])
        assert 10 <= sent.hour < 17, kind  # as they chose on their page
        assert sent.weekday() < 5, kind


def test_messages_6_the_answer_is_there_and_nothing_says_whose(farewell: Farewell) -> None:
    answers = farewell.notes["answers"]
    assert [(each.change, each.leaving, each.back) for each in answers] == [(Change.NOTHING, 5, Back.PERHAPS)]
    with closing(sqlite3.connect(farewell.notes["database"])) as database:
        rows = database.execute("SELECT * FROM survey_answer").fetchall()
    told = " ".join(map(str, rows))
    assert ACCOUNT not in told
    assert not [entry for entry in farewell.notes["ledger"] if "survey" in entry.action]
    assert CASE not in told
