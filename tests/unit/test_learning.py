"""What reports say: groups of five or more, and figures of what became of messages, returns and offers."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.learning import Answered, Exited, Groups, Happened, Leaver
from models.offers import Offer, Terms
from models.surveys import FEWEST, Back, Change, SurveyAnswer
from models.vocabulary import Heard, MailKind, Mode, OfferKind, Reason, Stage
from rules.learning import grouped, reasons, said
from rules.learning_figures import cadence, offers, returns
from rules.survey import NO_QUARTER

AT = datetime(2026, 5, 1, tzinfo=UTC)
ANSWERS = st.lists(
    st.builds(
        SurveyAnswer,
        reason=st.sampled_from(Reason),
        change=st.sampled_from(Change),
        leaving=st.integers(1, 5),
        back=st.sampled_from(Back),
    ),
    max_size=30,
)


def left(**other):
    usual = {"mode": Mode.STOP, "stage": Stage.CLOSED, "reason": Reason.PRICE, "yearly_value": Decimal(5000)}
    return Exited(**{**usual, "customer_days": 800, "opened_at": AT, "ended_at": AT + timedelta(days=90), **other})


def answered(reason=Reason.PRICE, leaving=4, comment=None):
    return SurveyAnswer(reason=reason, change=Change.NOTHING, leaving=leaving, back=Back.NO, comment=comment)


# -- groups


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ({}, Groups()),
        ({"a": 4}, Groups()),
        ({"a": 5}, Groups(groups={"a": 5})),
        ({"a": 9, "b": 6, "c": 5}, Groups(groups={"a": 9, "b": 6, "c": 5})),
        ({"a": 9, "b": 3, "c": 4}, Groups(groups={"a": 9}, fewer=7)),
        ({"a": 9, "b": 6, "c": 1}, Groups(groups={"a": 9}, fewer=7)),
        ({"a": 6, "b": 1}, Groups(fewer=7)),
        ({"a": 2, "b": 1}, Groups()),
    ],
    ids=str,
)
def test_messages_6_groups_of_fewer_than_five_are_told_together(counts, told):
    assert grouped(Counter(counts).elements()) == told


@given(st.lists(st.sampled_from("abcdefgh"), max_size=60))
def test_messages_6_no_group_tells_of_fewer_than_five_nor_can_one_be_subtracted(names):
    found = grouped(names)
    assert all(count >= FEWEST for count in found.groups.values())
    assert found.fewer == 0 or found.fewer >= FEWEST
    assert sum(found.groups.values()) + found.fewer == (len(names) if len(names) >= FEWEST else 0)
    assert found.fewer == 0 or len(set(names) - set(found.groups)) > 1


@given(st.lists(ANSWERS, max_size=4))
def test_messages_6_a_longer_period_tells_what_its_quarters_tell_and_no_more(quarters):
    """So that nobody learns of a quarter by subtracting one report from another."""
    whole, parts = said(quarters, 9), [said([answers], 9) for answers in quarters]
    for name in ("reason", "change", "back", "change_by_reason"):
        groups = sum((Counter(getattr(part, name).groups) for part in parts), Counter())
        assert getattr(whole, name) == Groups(groups=groups, fewer=sum(getattr(part, name).fewer for part in parts))
    assert (whole.answers or 0) == sum(part.answers or 0 for part in parts)


def test_messages_6_of_fewer_than_five_answers_nothing_is_told():
    few = [answered(comment="found me")] * (FEWEST - 1)
    found = said([few, few], 9)
    assert (found.answers, found.leaving, found.comments, found.reason) == (None, None, (), Groups())
    assert found.asked == 9


def test_a_survey_tells_its_mean_and_comments_in_no_order_of_theirs():
    comments = ["b", None, "a", "c", None]
    found = said([[answered(leaving=mark, comment=each) for mark, each in enumerate(comments, 1)]], 9)
    assert (found.answers, found.leaving, found.comments) == (5, Decimal("3.0"), ("a", "b", "c"))


def test_reasons_are_counted_by_size_and_age_and_a_pause_is_no_leaving():
    exits = [
        left(yearly_value=Decimal(value), customer_days=days) for value, days in product((10, 99_999), (10, 4000))
    ] * 5
    exits += [left(mode=Mode.PAUSE)] * 7 + [left(stage=Stage.RETRIEVAL, own_reason=Reason.COMPETITOR)] * 6
    found = reasons(exits, {"2026-Q2": [answered()] * 6, NO_QUARTER: [answered()]}, {"2026-Q2": 8})
    assert found.exits == 26
    assert found.ends.groups == {"closed": 20, "running": 6}
    assert found.reason.groups == {"price": 26}
    assert found.own_reason.groups == {"competitor": 6}
    assert found.size.groups == {"10,000 to 99,999": 10, "under 1,000": 10, "1,000 to 9,999": 6}
    assert found.reason_by_age.groups == {
        "price, 10 years and more": 10,
        "price, under 1 year": 10,
        "price, 1 to 2 years": 6,
    }
    assert (found.quarters, found.survey.answers, found.survey.asked) == (("2026-Q2",), 6, 8)
    assert (found.unquartered.answers, found.unquartered.asked) == (None, None)


# -- messages


def test_messages_5_every_send_skip_and_stop_is_counted_with_its_reason():
    happened = [
        Happened(what="sent", kind=MailKind.THANKS, channel="email", count=3),
        Happened(what="sent", kind=MailKind.THANKS, channel="sms", count=1),
        Happened(what="skipped", kind=MailKind.COME_BACK, code="returned", count=2),
        Happened(what="stopped", code="reply", count=1),
    ]
    found = cadence(happened, [Answered(kind=MailKind.THANKS, heard=Heard.BOUNCE, count=1)])
    assert found.sent == {"thanks": {"email": 3, "sms": 1}}
    assert found.skipped == {"come_back": {"returned": 2}}
    assert found.stopped == {"reply": 1}
    assert found.heard == {"thanks": {"bounce": 1}}


# -- who came back


def test_messages_9_who_came_back_is_counted_of_those_who_left_in_the_period():
    end = AT + timedelta(days=90)
    exits = [left() for _ in range(5)]
    exits.append(left(returned_at=end + timedelta(days=40), restored=True, asked_back_at=end + timedelta(days=30)))
    exits.append(left(returned_at=end + timedelta(days=10), asked_back_at=end + timedelta(days=30)))
    exits += [left(stage=Stage.WITHDRAWN), left(ended_at=None, stage=Stage.RETRIEVAL), left(ended_at=AT)]
    found = returns(exits, AT + timedelta(days=1), end + timedelta(days=1))
    assert (found.left, found.returned, found.restored) == (7, 2, 1)
    assert (found.asked_back, found.after_asking, found.median_days) == (2, 1, 10)
    assert found.by_reason == {"price": {"left": 7, "returned": 2}}


def test_nobody_left_and_nobody_came_back():
    found = returns([], AT, AT + timedelta(days=1))
    assert (found.left, found.returned, found.median_days, found.by_reason) == (0, 0, None, {})


# -- offers


def offer(number, answer=None, kind=OfferKind.DISCOUNT, **other):
    about = {"id": f"o{number}", "case": f"a{number}-1", "account": f"a{number}", "reason": Reason.PRICE}
    dates = {"made_at": AT, "until": AT + timedelta(days=9), "answered_at": AT + timedelta(days=1) if answer else None}
    return Offer(**about, **dates, kind=kind, terms=Terms(), answer=answer, **other)


def leaver(number, days, case=2):
    return Leaver(account=f"a{number}", case=f"a{number}-{case}", opened_at=AT + timedelta(days=days))


def test_messages_4_who_accepted_and_stayed_counts_after_30_and_90_days_and_who_left_since_counts_back():
    made = [
        offer(1, "accepted", kept_at=AT),
        offer(2, "accepted"),
        offer(3, "declined"),
        offer(4),
        offer(5, "accepted"),
    ]
    leavers = [leaver(1, -9, case=1), leaver(2, 200), leaver(5, -30)]
    early = offers(made, leavers, AT + timedelta(days=20))["discount"]
    assert (early.made, early.accepted, early.declined, early.promises_kept) == (5, 3, 1, 1)
    assert (early.after_30, early.kept_30) == (0, 0)
    month = offers(made, [leaver(5, -30)], AT + timedelta(days=31))["discount"]
    assert (month.after_30, month.kept_30, month.after_90, month.left_since) == (3, 3, 0, 0)
    later = offers(made, leavers, AT + timedelta(days=300))["discount"]
    assert (later.after_90, later.kept_90, later.kept_30, later.left_since) == (3, 2, 2, 1)


def test_an_offer_that_eases_leaving_keeps_nobody():
    found = offers([offer(1, "accepted", OfferKind.REFUND)], [], AT + timedelta(days=300))
    assert (found["refund"].accepted, found["refund"].after_90) == (1, 0)
