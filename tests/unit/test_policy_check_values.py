"""Values that an operator could get wrong, and the line that says so. Source: DOMAIN money.1, modes.1, messages.5."""

from decimal import Decimal

import pytest

from tests.unit.sample_policy import NOT_SAID, clause, lines, the_line, with_changed, with_more, with_table


@pytest.mark.parametrize(
    ("thresholds", "told"),
    [
        ({"EURO": "25"}, "thresholds names 'EURO', which is no currency"),
        ({"eur": "25"}, "thresholds names 'eur', which is no currency"),
        ({"JPY": "3000.5"}, "thresholds of 3000.5 JPY is finer than a currency of 0 decimals knows; write 3000"),
        ({"EUR": "25.001"}, "25.001 EUR is finer than a currency of 2 decimals knows; write 25.00"),
        ({"KWD": "7.5001"}, "7.5001 KWD is finer than a currency of 3 decimals knows; write 7.500"),
        ({"EUR": "-1"}, "thresholds of -1 EUR is no worth"),
    ],
)
def test_money_1_an_amount_that_the_currency_cannot_hold_is_found(thresholds, told):
    assert told in the_line(with_changed("write_off", 1, thresholds=thresholds))


def test_money_1_trailing_zeros_are_not_finer():
    assert lines(with_changed("write_off", 1, thresholds={"JPY": "3000.00", "KWD": Decimal("7.5")})) == []


@pytest.mark.parametrize(
    ("matter", "fields", "told"),
    [
        ("cadence", {"survey_reminder_days": 2}, "must ascend, here 4, 2, 150"),
        ("cadence", {"come_back_days": 11}, "must ascend, here 4, 11, 11"),
        ("cadence", {"max_touches": 2}, "max_touches 2 is less than the 3 that it promises"),
        ("cadence", {"earliest_hour": 18}, "nothing can arrive from 18:00 to 18:00"),
        (
            "late_charges",
            {"look_after_days": [30, 7]},
            "look_after_days [30, 7] doesn't ascend from 1 or more; write [7, 30]",
        ),
        ("late_charges", {"look_after_days": [0, 7]}, "doesn't ascend from 1 or more; write [7]"),
        ("pause", {"usual_days": 181}, "usual_days 181 is more than most_days 180"),
        ("pause", {"reminder_days": 90}, "a reminder 90 days before the end of 90 comes before it begins"),
        ("early_termination", {"lawful": False}, "at_most says nothing where no fee is lawful"),
        ("retrieval", {"days": NOT_SAID, "at_least": NOT_SAID}, "it says no length; write days = 30, or days = 0"),
        ("retrieval", {"days": 0, "at_least": NOT_SAID}, "nobody can fetch anything in no time"),
        ("backups", {"rule": "dates"}, "'dates' is no rule of the domain"),
        ("backups", {"citation": " "}, "it cites nothing"),
    ],
)
def test_values_that_cannot_be_meant_are_found(matter, fields, told):
    assert told in " | ".join(lines(with_changed(matter, 1, **fields)))


def test_a_reminder_before_the_window_begins_is_found():
    assert (
        "retrieval_reminder_days 30 comes before the window of retrieval 1 (EU) begins; write less than 30"
        in lines(with_table("house", retrieval_reminder_days=30))[0]
    )


@pytest.mark.parametrize(
    "written", ["", "bajas", "bajas@", "bajas@localhost", "a b@x.example", "a@x.example, b@x.example"]
)
def test_a_sender_without_a_mail_address_is_found(written):
    assert "is no mail address; write one such as goodbye@company.example" in the_line(
        with_table("sender", address=written)
    )


@pytest.mark.parametrize("written", ["", " ", "Bancada\r\nBcc: x@x.example", "x" * 201])
def test_a_sender_that_no_header_can_bear_is_found(written):
    assert "sender: company is empty, more than one line, or longer" in the_line(with_table("sender", company=written))


@pytest.mark.parametrize(
    "written",
    [
        "",
        "bancada.example/refunds",
        "http://bancada.example/refunds",
        "javascript:alert(1)//a.b",
        "https://",
        "https://refunds",
        "https://ana:secret@bancada.example",
        "https://bancada.example/a b",
        "https://bancada.example/\r\nBcc: x",
        "https://[bancada.example",
    ],
)
def test_a_refund_policy_that_no_mail_may_link_is_found(written):
    found = the_line(with_table("sender", refund_policy_url=written))
    assert "is no https address; write one such as https://company.example/refunds, or take it out" in found


def test_a_refund_policy_is_an_https_address():
    assert lines(with_table("sender", refund_policy_url="https://bancada.example/devoluciones#plazos")) == []


def test_a_finding_is_one_line_whatever_was_written():
    line = the_line(with_more("notice", clause(days=3, jurisdiction="E\nU\x1b[31m")))
    assert line.isprintable()
