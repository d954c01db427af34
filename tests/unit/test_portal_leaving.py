"""Beginning an exit from the portal: the form, whom it lets in, and the link that leads there. DOMAIN messages.2."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.portal import link_for
from commands.refused import Exit, Refused
from models.vocabulary import Cause, Mode, Reason, Stage
from tests.unit.portal_company import LINKS, NOW, Company
from web.portal_wish import WAYS, wished

SOUND = {"way": "stop", "channel": "email", "language": "es", "hours_from": "9", "hours_to": "18"}


@pytest.fixture
def company(tmp_path):
    made = Company(tmp_path)
    yield made
    made.at.engine.dispose()


def door(company, **other):
    return company.page("/leave", **{"case": "", **other})


def test_dates_1_the_day_that_is_typed_is_the_last_one():
    way = wished({**SOUND, "last_day": "2027-01-31"}, ["email"]).way
    assert (way.mode, way.effective_on, way.cause) == (Mode.STOP, date(2027, 2, 1), None)


def test_modes_1_a_pause_begins_and_ends_on_the_days_typed():
    way = wished({**SOUND, "way": "pause", "first_day": "2027-01-01", "resume_day": "2027-03-01"}, ["email"]).way
    assert (way.mode, way.effective_on, way.resume_on) == (Mode.PAUSE, date(2027, 1, 1), date(2027, 3, 1))


def test_modes_3_to_leave_at_once_is_the_customers_own_demand():
    way = wished({**SOUND, "way": "now", "last_day": "2027-01-31"}, ["email"]).way
    assert (way.mode, way.effective_on, way.cause) == (Mode.EJECT, None, Cause.CUSTOMER_DEMAND)


def test_messages_2_who_gives_no_reason_is_not_asked_again_and_no_quiet_choice_is_on():
    said = wished(SOUND, ["email"])
    assert (said.faults, said.reason) == ({}, Reason.OTHER)
    assert [said.choices[name] for name in ("come_back", "hear_of_products", "would_recommend")] == [False] * 3


@given(st.dictionaries(st.sampled_from([*SOUND, "last_day", "first_day", "resume_day", "reason"]), st.text()))
def test_whatever_is_typed_is_either_sound_or_named_as_a_fault(form):
    said = wished(form, ["email"])
    if not said.faults:
        assert (form["way"] in WAYS, said.way.mode in Mode, said.choices["channel"]) == (True, True, "email")


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("last_day", "9999-12-31"),
        ("first_day", "9999-12-31"),
        ("resume_day", "9999-12-31"),
        ("hours_from", "9" * 5000),
        ("hours_to", "²"),
    ],
)
def test_a_number_that_nothing_can_be_reckoned_with_is_a_fault_of_its_field(field, typed):
    way = "stop" if field in {*SOUND, "last_day"} else "pause"
    said = wished({**SOUND, "way": way, field: typed}, ["email"])
    assert set(said.faults) == {"hours_from" if field.startswith("hours") else field}


async def test_the_form_starts_from_what_is_known_with_every_quiet_choice_off(company):
    company.at.directory.prefer(company.account, {"come_back": True})
    company.stands(Stage.WITHDRAWN, ended=True)
    async with company.browser() as web:
        page = await web.get(door(company))
    assert page.status_code == 200
    assert 'value="es" checked' in page.text.replace(' id="language"', "")
    assert 'type="checkbox" name="come_back" value="yes">' in page.text


async def test_who_leaves_already_is_led_to_where_that_stands(company):
    company.stands(Stage.NOTICE)
    async with company.browser() as web:
        led = await web.get(door(company))
        assert led.status_code == 303
        token = led.headers["location"].removeprefix("../")
        assert LINKS.read(token).case == company.case
        assert (await web.get(f"/exit/{token}")).status_code == 200


async def test_trust_13_only_a_link_without_a_case_opens_the_form_and_no_other_page(company):
    company.stands(Stage.WITHDRAWN, ended=True)
    async with company.browser() as web:
        assert (await web.get(company.page("/leave"))).status_code == 404
        assert (await web.get(company.page("", case=""))).status_code == 404
        assert (await web.get(door(company, until=NOW))).status_code == 410
        assert (await web.get(door(company, purpose="opt_out"))).status_code == 404


async def test_messages_5_a_planned_eject_for_cause_is_not_shown_at_the_door_either(company):
    company.stands(Stage.APPROVAL, Mode.EJECT, cause=Cause.FRAUD)
    async with company.browser() as web:
        assert (await web.get(door(company))).status_code == 404
    with pytest.raises(Refused) as no:
        link_for(company.at, company.account, NOW)
    assert no.value.code is Exit.REFUSED


def test_the_command_names_the_running_case_else_where_one_begins(company):
    company.stands(Stage.NOTICE)
    link, until, case = link_for(company.at, company.account, NOW)
    ticket = LINKS.read(link.rpartition("/")[2])
    assert (ticket.case, ticket.until, case) == (company.case, until, company.case)
    company.stands(Stage.WITHDRAWN, ended=True)
    link, _, case = link_for(company.at, company.account, NOW)
    assert (link.endswith("/leave"), case) == (True, "")
