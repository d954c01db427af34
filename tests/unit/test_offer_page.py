"""The offer's page: what it says, in both languages; a yes that is checked first, a no in one click. messages.4."""

import re
from datetime import timedelta

import pytest
from babel.numbers import format_currency

from activities.wording import locale_of
from connectors.builtin.billing import BuiltinBilling
from connectors.store.offers import SqlOffers
from models.vocabulary import Cause, Mode, OfferKind, Reason, Stage
from tests.contract.sample_money import add_money
from tests.unit.portal_company import NOW, PAUSE, Company

KEY = "0123456789abcdef0123456789abcdef"
OF_REASON = {
    Reason.PRICE: OfferKind.DISCOUNT,
    Reason.TOO_LITTLE_USE: OfferKind.PAUSE,
    Reason.COMPETITOR: OfferKind.EXTENDED_RETRIEVAL,
    Reason.OTHER: OfferKind.PERSON,
}


@pytest.fixture
def company(tmp_path):
    made = Company(tmp_path)
    add_money(made.at.engine, made.account)
    made.at.billing, made.at.offers = BuiltinBilling(made.at.engine), SqlOffers(made.at.engine)
    made.stands(Stage.NOTICE)
    yield made
    made.at.engine.dispose()


async def shown(company, path="/offer", language="en", now=NOW):
    async with company.browser(now) as web:
        answer = await web.get(f"{company.page(path)}{'&' if '?' in path else '?'}language={language}")
    assert answer.status_code == 200, answer.text
    return re.sub(r"<style>.*</style>", "", answer.text, flags=re.DOTALL)


async def sent(company, answer, now=NOW, **headers):
    async with company.browser(now, **headers) as web:
        return await web.post(company.page("/offer"), data={"key": KEY, "answer": answer})


def words(company):
    return [(update, word.offer, word.accepted, word.kind) for _, update, _, word in company.client.told]


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("reason", OF_REASON)
async def test_messages_4_every_offer_can_be_read_answered_and_read_again(company, reason, language):
    company.decided("set_contact_preference", reason=reason)
    pages = [await shown(company, path, language) for path in ("/offer", "/offer?sure=yes")]
    offer = company.at.offers.of(company.case)
    assert offer.kind is OF_REASON[reason]
    for answer in ("accepted", "declined"):
        company.stands(Stage.NOTICE, offer=offer.id, offer_accepted=answer == "accepted")
        pages.append(await shown(company, "/offer", language))
    for page in pages:
        assert not re.search(r"\{[a-z_]+\}|None|undefined", page)
        assert f'<html lang="{language}">' in page


async def test_messages_4_a_price_is_told_with_its_dates_and_until_when_it_stands(company):
    page = await shown(company)
    terms = company.at.offers.of(company.case).terms
    prices = [
        format_currency(each, "EUR", locale=locale_of("en", "ES")) for each in (terms.price_now, terms.price_then)
    ]
    for figure in (*prices, "without tax", "4 December 2026, 23:59 (Madrid)"):
        assert figure in page
    assert "we won’t ask again" in page


async def test_messages_4_a_no_takes_one_click_and_a_yes_two(company):
    page = await shown(company)
    assert re.findall(r'name="answer" value="(\w+)"', page) == ["no"]
    assert re.findall(r'name="answer" value="(\w+)"', await shown(company, "/offer?sure=yes")) == ["yes"]
    assert company.client.told == []
    assert (await sent(company, "no")).status_code == 303
    offer = company.at.offers.of(company.case)
    assert words(company) == [("answer_offer", offer.id, False, OfferKind.DISCOUNT)]


async def test_a_form_sent_twice_counts_once(company):
    await shown(company)
    for _ in range(2):
        assert (await sent(company, "yes")).status_code == 303
    assert len(company.client.told) == 1
    assert company.client.told[0][3].until == company.at.offers.of(company.case).until


async def test_an_offer_that_is_over_says_so_and_takes_no_yes(company):
    await shown(company)
    later = NOW + timedelta(days=20)
    assert "This offer is over" in await shown(company, now=later)
    assert (await sent(company, "yes", later)).status_code == 303
    assert words(company) == []


async def test_who_cannot_stay_any_more_is_told_that_it_is_over(company):
    await shown(company)
    company.stands(Stage.EXPORT)
    assert "This offer is over" in await shown(company)
    await sent(company, "yes")
    assert words(company) == []


@pytest.mark.parametrize(
    ("stage", "fields"),
    [
        (Stage.PAUSED, {"mode": Mode.PAUSE, "dates": PAUSE}),
        (Stage.WITHDRAWN, {"ended": True}),
        (Stage.NOTICE, {"undo": "withdraw"}),
        (Stage.DEPROVISION, {"mode": Mode.EJECT, "cause": Cause.FRAUD}),
    ],
)
async def test_messages_4_who_is_offered_nothing_reads_so_and_nothing_is_made(company, stage, fields):
    company.stands(stage, **fields)
    assert "We have no offer for you" in await shown(company)
    assert company.at.offers.of(company.case) is None


async def test_a_form_of_another_page_or_without_an_answer_is_not_taken(company):
    await shown(company)
    assert (await sent(company, "yes", **{"sec-fetch-site": "cross-site"})).status_code == 403
    assert (await sent(company, "perhaps")).status_code == 403
    async with company.browser() as web:
        assert (await web.post(company.page("/offer"), data={"answer": "yes"})).status_code == 403
    assert words(company) == []


async def test_messages_4_what_a_plan_is_called_is_text(company):
    offer = company.at.offers
    await shown(company)
    made = offer.of(company.case)
    hostile = made.model_copy(update={"kind": OfferKind.SMALLER_PLAN})
    hostile = hostile.model_copy(update={"terms": made.terms.model_copy(update={"plan": "<b>{{7*7}}</b>\r\nX"})})
    company.at.offers = type("One", (), {"of": lambda *_: hostile})()
    assert "&lt;b&gt;{{7*7}}&lt;/b&gt; X" in await shown(company)
