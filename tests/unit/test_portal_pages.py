"""The portal's pages: what each stage shows, what a form sends, and to whom nothing is shown. UX; TRUST 13-16."""

import re
import tomllib
from datetime import timedelta

import pytest

from models.case import Task, WaitingFor
from models.vocabulary import Cause, Channel, Mode, Role, Stage, TaskKind, WaitKind
from tests.unit.portal_company import DATES, NOW, PAUSE, Company
from web.application import STATUS
from web.catalogues import TEMPLATES, languages, sentences
from web.portal_standing import BACK

KEY = "0123456789abcdef0123456789abcdef"
PAGES = ("", "/stay", "/choices", "/more-time", "/statement", "/certificate", "/goodbye")
FORM = {"key": KEY, "channel": "email", "language": "es", "hours_from": "9", "hours_to": "14"}


@pytest.fixture
def company(tmp_path):
    made = Company(tmp_path)
    yield made
    made.at.engine.dispose()


# -- where it stands


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("stage", list(Stage))
async def test_every_stage_has_a_page_in_every_language(company, stage, language):
    pauses = stage in {Stage.PAUSED, Stage.RESUMED}
    ended = stage in {Stage.CLOSED, Stage.WITHDRAWN, Stage.REINSTATED, Stage.RESUMED, Stage.REFUSED}
    mode = Mode.PAUSE if pauses else Mode.STOP
    company.stands(stage, mode, PAUSE if pauses else DATES, ended=ended)
    async with company.browser() as web:
        shown = await web.get(f"{company.page()}?language={language}")
    assert shown.status_code == 200, shown.text
    assert f'<html lang="{language}">' in shown.text
    assert "Faro Studio" in shown.text
    assert not re.search(r"\{[a-z_]+\}|None|undefined", re.sub(r"<style>.*</style>", "", shown.text, flags=re.DOTALL))


async def test_messages_3_the_page_says_until_which_minute_one_may_change_ones_mind(company):
    company.stands(Stage.NOTICE)
    async with company.browser() as web:
        spanish, english = [(await web.get(f"{company.page()}?language={each}")).text for each in ("es", "en")]
    assert "hasta el 31 de diciembre de 2026, 23:59 (Madrid)" in spanish
    assert "until 31 December 2026, 23:59 (Madrid)" in english


@pytest.mark.parametrize("stage", [Stage.WITHDRAWN, Stage.REINSTATED, Stage.RESUMED, Stage.REFUSED])
async def test_what_was_called_off_is_not_announced_any_more(company, stage):
    company.stands(stage, ended=True)
    async with company.browser() as web:
        assert 'class="steps"' not in (await web.get(company.page())).text


async def test_while_it_is_being_taken_back_no_dates_are_announced(company):
    company.stands(Stage.NOTICE, undo="withdraw")
    async with company.browser() as web:
        assert 'class="steps"' not in (await web.get(company.page())).text


async def test_a_window_that_was_moved_is_told_as_it_is(company):
    company.stands(Stage.RETRIEVAL, retrieval_end=DATES["retrieval_end"] + timedelta(days=28))
    async with company.browser() as web:
        page = (await web.get(f"{company.page()}?language=en")).text
    assert "28 February 2027" in page
    assert "never before 1 March 2027" in page


@pytest.mark.parametrize("kind", [WaitKind.HOLD, WaitKind.TASK])
async def test_a_hold_reads_as_anything_else_that_a_person_must_look_at(company, kind):
    why = WaitingFor(kind=kind, who=Role.COMPLIANCE, why="a legal hold stands")
    about = {"step": "retrieval", "owner": Role.COMPLIANCE, "cause": "a legal hold stands", "fix": "-"}
    task = Task(id="T1", kind=TaskKind.HOLD_REVIEW, opened_at=NOW, **about)
    company.stands(Stage.RETRIEVAL, waiting_for=why, tasks=(task,), holds=("h1",))
    async with company.browser() as web:
        page = (await web.get(f"{company.page()}?language=en")).text
    assert "a person of ours must look at something first" in page
    assert "hold" not in re.sub(r"<style>.*</style>", "", page, flags=re.DOTALL)


@pytest.mark.parametrize("accepted", [True, False])
async def test_who_has_their_data_is_not_said_to_be_waited_for(company, accepted):
    why = WaitingFor(kind=WaitKind.CUSTOMER, who="customer", until=DATES["retrieval_end"], why="-")
    company.stands(Stage.RETRIEVAL, waiting_for=why, accepted=accepted)
    async with company.browser() as web:
        page = (await web.get(f"{company.page()}?language=en")).text
    assert ("for you, to fetch your data" not in page) == accepted


async def test_where_nobody_answers_the_page_shows_what_was_recorded(company):
    company.stands(Stage.RETRIEVAL)
    company.client.state = None
    async with company.browser() as web:
        assert (await web.get(company.page())).status_code == 200


async def test_trust_15_hostile_names_stay_text(company):
    from sqlmodel import Session

    from models.tables.accounts import AccountRow

    with Session(company.at.engine) as session:
        session.get(AccountRow, company.account).name = "{{7*7}}<script>alert(1)</script>\r\nSet-Cookie: a\u202egnp"
        session.commit()
    company.stands(Stage.NOTICE)
    async with company.browser() as web:
        page = await web.get(company.page())
    assert "{{7*7}}&lt;script&gt;" in page.text
    assert "<script" not in page.text
    assert "\u202e" not in page.text
    assert "set-cookie" not in page.headers


# -- to whom nothing is shown


@pytest.mark.parametrize("path", PAGES)
async def test_trust_13_a_link_of_another_account_case_or_purpose_opens_no_page(company, path):
    company.stands(Stage.NOTICE)
    async with company.browser() as web:
        for other in ({"account": "acc-other"}, {"case": f"{company.account}-2"}, {"purpose": "package"}):
            shown = await web.get(company.page(path, **other))
            assert shown.status_code == 404
            assert "Faro" not in shown.text
        assert (await web.get(company.page(path, until=NOW))).status_code == 410


@pytest.mark.parametrize("path", ["/stay", "/choices", "/more-time"])
async def test_trust_14_a_form_from_elsewhere_or_without_our_word_changes_nothing(company, path):
    company.stands(Stage.TRANSITION)
    forged = [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}]
    async with company.browser() as web:
        for headers in forged:
            assert (await web.post(company.page(path), data=FORM, headers=headers)).status_code == 403
        for wrong in ({**FORM, "key": "../x"}, {}):
            form = {"way": "withdraw", "step": "confirm", "day": "2027-02-01", **wrong}
            assert (await web.post(company.page(path), data=form)).status_code in {400, 403}
        assert (await web.post(company.page(path), content=b"x" * 20_000)).status_code == 403
    assert company.client.told == []


@pytest.mark.parametrize("path", ["/choices", "/goodbye"])
async def test_messages_5_whom_we_put_out_for_a_cause_is_asked_and_thanked_for_nothing(company, path):
    company.stands(Stage.RETRIEVAL, Mode.EJECT, cause=Cause.BREACH)
    async with company.browser() as web:
        page = await web.get(f"{company.page()}?language=en")
        assert (await web.get(company.page(path))).status_code in {404, 409}
    assert all(f"{path}?" not in page.text for path in ("stay", "offer", "choices", "goodbye"))


# -- one click


@pytest.mark.parametrize(
    ("stage", "mode", "way"),
    [
        (Stage.NOTICE, Mode.STOP, "withdraw"),
        (Stage.RETRIEVAL, Mode.STOP, "reinstate"),
        (Stage.PAUSED, Mode.PAUSE, "resume"),
    ],
)
async def test_messages_9_one_click_undoes_and_a_form_sent_twice_counts_once(company, stage, mode, way):
    company.stands(stage, mode, PAUSE if mode is Mode.PAUSE else DATES)
    async with company.browser() as web:
        assert f'name="way" value="{way}"' in (await web.get(company.page("/stay"))).text
        for _ in range(2):
            led = await web.post(f"{company.page('/stay')}?language=en", data={"key": KEY, "way": way})
            assert led.status_code == 303
            assert led.headers["location"].endswith(f"?said={way}&language=en")
    ((workflow, update, key, word),) = company.client.told
    assert (workflow, update, key, word.actor.id) == (f"offboarding-{company.case}", way, KEY, "customer")


async def test_what_was_seen_as_calling_off_never_becomes_another_undo(company):
    company.stands(Stage.RETRIEVAL)
    async with company.browser() as web:
        assert (await web.post(company.page("/stay"), data={"key": KEY, "way": "withdraw"})).status_code == 409
    assert company.client.told == []


@pytest.mark.parametrize("stage", [Stage.ERASE, Stage.CERTIFY, Stage.CLOSED, Stage.WITHDRAWN])
async def test_where_it_is_too_late_the_page_says_so_and_no_door_leads_there(company, stage):
    company.stands(stage, ended=stage in {Stage.CLOSED, Stage.WITHDRAWN})
    async with company.browser() as web:
        assert (await web.get(company.page("/stay"))).status_code == 409
        page = (await web.get(company.page())).text
    assert 'href="' in page
    assert "/stay" not in page


async def test_a_panel_says_only_what_was_really_said(company):
    company.stands(Stage.NOTICE)
    async with company.browser() as web:
        before = (await web.get(f"{company.page()}?said=withdraw&language=en")).text
        company.decided("withdraw")
        after = (await web.get(f"{company.page()}?said=withdraw&language=en")).text
    assert "Good to hear" not in before
    assert "Good to hear" in after


# -- choices


async def test_messages_2_the_form_starts_from_what_is_known_and_sends_every_choice(company):
    company.at.directory.prefer(company.account, {"hours_from": 10, "hours_to": 13, "hear_of_products": True})
    company.stands(Stage.NOTICE)
    async with company.browser() as web:
        page = (await web.get(company.page("/choices"))).text
        assert '<option value="10" selected>' in page
        assert re.search(r'name="hear_of_products" value="yes" checked', page)
        assert not re.search(r'name="come_back" value="yes" checked', page)
        said = {**FORM, "channel": "none", "come_back": "yes", "reason": "price"}
        assert (await web.post(company.page("/choices"), data=said)).status_code == 303
    word = company.client.told[0][3]
    assert (word.channel, word.language, word.hours_from, word.hours_to) == (Channel.NONE, "es", 9, 14)
    assert (word.come_back, word.hear_of_products, word.would_recommend, word.reason) == (True, False, False, "price")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"channel": "sms"}, "channel"),  # no number, no provider
        ({"language": "xx"}, "language"),
        ({"hours_from": "18", "hours_to": "9"}, "hours_from"),
        ({"hours_from": "-1"}, "hours_from"),
        ({"hours_to": "٩"}, "hours_from"),
        ({"reason": "<b>"}, "reason"),
    ],
)
async def test_a_mistake_is_named_at_the_top_with_a_link_to_its_field(company, wrong, field):
    company.stands(Stage.NOTICE)
    async with company.browser() as web:
        page = await web.post(f"{company.page('/choices')}?language=en", data={**FORM, **wrong})
    assert page.status_code == 400
    assert f'<li><a href="#{field}">' in page.text
    assert f'id="{field}"' in page.text
    assert "<title>Error:" in page.text
    assert company.client.told == []


async def test_after_the_goodbye_the_follow_ups_are_told(company):
    company.stands(Stage.CLOSED, ended=True)
    async with company.browser() as web:
        assert (await web.post(company.page("/choices"), data=FORM)).status_code == 303
    assert company.client.told[0][0] == f"follow-up-{company.case}"


# -- more time


@pytest.mark.parametrize(
    ("stands", "day", "update", "sent"),
    [
        ((Stage.TRANSITION, Mode.STOP), "2027-01-31", "extend", "2027-01-31T23:00"),
        ((Stage.RETRIEVAL, Mode.STOP), "2027-03-27", "extend", "2027-03-27T23:00"),
        ((Stage.RETRIEVAL, Mode.STOP), "2027-03-28", "extend", "2027-03-28T22:00"),  # summer time has begun
        ((Stage.NOTICE, Mode.STOP), "2027-01-31", "reschedule", "2027-02-01"),
        ((Stage.PAUSED, Mode.PAUSE), "2027-05-01", "reschedule", "2027-05-01"),
    ],
)
async def test_dates_3_a_later_day_is_checked_then_sent_as_the_midnight_after_it(company, stands, day, update, sent):
    stage, mode = stands
    dates = PAUSE if mode is Mode.PAUSE else DATES
    company.stands(stage, mode, dates, retrieval_end=DATES["retrieval_end"] if stage is Stage.RETRIEVAL else None)
    async with company.browser() as web:
        assert (await web.get(company.page("/more-time"))).status_code == 200
        check = await web.post(company.page("/more-time"), data={"key": KEY, "day": day, "step": "check"})
        assert check.status_code == 200
        assert company.client.told == []
        assert f'name="key" value="{KEY}"' in check.text
        led = await web.post(company.page("/more-time"), data={"key": KEY, "day": day, "step": "confirm"})
        assert led.status_code == 303
    ((_, named, key, word),) = company.client.told
    assert (named, key) == (update, KEY)
    told = word.until.astimezone(NOW.tzinfo).isoformat() if update == "extend" else word.to.isoformat()
    assert told.startswith(sent)


@pytest.mark.parametrize("day", ["", "soon", "2026-12-31", "1999-01-01", "2031-01-01", "0000-00-00", "2027-02-30"])
async def test_a_day_that_cannot_be_is_refused_on_the_page(company, day):
    company.stands(Stage.TRANSITION)
    async with company.browser() as web:
        for step in ("check", "confirm"):
            page = await web.post(company.page("/more-time"), data={"key": KEY, "day": day, "step": step})
            assert page.status_code == 400
            assert 'href="#day"' in page.text
    assert company.client.told == []


async def test_dates_3_the_transition_is_extended_once(company):
    company.stands(Stage.TRANSITION, transition_extended=True)
    async with company.browser() as web:
        assert (await web.get(company.page("/more-time"))).status_code == 409
        assert "more-time" not in (await web.get(company.page())).text


# -- what holds for all of it


def test_every_language_says_the_same_things_and_every_reason_has_words():
    for language in languages():
        own = {
            name
            for file in (TEMPLATES / language).glob("*.toml")
            for name in tomllib.loads(file.read_text(encoding="utf-8"))
        }
        assert own == set(sentences("en"))
    for reason in STATUS:
        assert {f"{reason}_title", f"{reason}_text"} <= set(sentences("en"))


def test_no_room_takes_the_words_of_another():
    for language in languages():
        said = [name for file in (TEMPLATES / language).glob("*.toml") for name in tomllib.loads(file.read_text())]
        assert len(said) == len(set(said))


def test_every_way_back_has_words_in_the_panel():
    assert {f"portal_said_{update}" for update in (*BACK, "extend", "reschedule")} <= set(sentences("en"))
