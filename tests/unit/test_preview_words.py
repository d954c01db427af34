"""How a plan reads: who pays whom, what stands side by side, and what doesn't go together."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from commands.plan_compared import Drafted, print_comparison
from commands.plan_parts import print_plan
from commands.plan_words import owed
from commands.refused import Exit, Refused
from commands.wishes import Way, refuse_contradictions
from models.account import Account, AccountFacts
from models.money import Statement, StatementLine
from models.plan import Commitments, Duties, Estimates, Plan, PlannedDate
from models.vocabulary import Cause, Gate, Mode

DAY_ONE = datetime(2026, 11, 22, tzinfo=UTC)
FACTS = AccountFacts(
    account=Account(
        id="acc_1",
        name="Talleres Ñandú",
        country="ES",
        timezone="UTC",
        currency="EUR",
        language="es",
        jurisdiction="EU",
        manager="ana",
        customer_since=date(2020, 1, 1),
        root_key="1",
    ),
    contacts=(),
    contracts=(),
)


def plan(mode, **days):
    leaving = mode is not Mode.PAUSE
    sets = (Duties(name="task", export=True, erase="delete"), Duties(name="bill", export=True, erase="retain"))
    charge = StatementLine(
        kind="charge", description="Seats", amount=Decimal("121.00"), tax=Decimal(21), reference="s-1"
    )
    paid = StatementLine(kind="payment", description="Card", amount=Decimal("-121.00"))
    return Plan(
        hash=f"sha256:{mode}",
        commitments=Commitments(
            account="acc_1",
            mode=mode,
            cause=Cause.NON_PAYMENT if mode is Mode.EJECT else None,
            jurisdiction="EU",
            policy="1",
            policy_sha256="",
            inventory_sha256="",
            timezone="UTC",
            dates={name: dated(number) for name, number in days.items()},
            data_sets=sets if leaving else (),
            gates={},
        ),
        estimates=Estimates(
            rows={"task": 1200, "bill": 7},
            users=3,
            credentials={},
            statement=(Statement(currency="EUR", lines=(charge, paid), total=Decimal(0)),) if leaving else (),
            cost={"EUR": Decimal("-85.20")},
            to_come=("s-1",),
            messages=(),
        ),
        approvals_required={Gate.PLAN: 1},
    )


def dated(number):
    return PlannedDate(at=DAY_ONE + timedelta(days=number), rule="dates.2", citation="house policy: so it is")


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        ({}, "Nothing is owed"),
        ({"EUR": "0.00"}, "Nothing is owed"),
        ({"EUR": "-85.20"}, "The customer will get back 85.20 EUR"),
        ({"KWD": "12.500"}, "The customer will still pay 12.500 KWD"),
        (
            {"EUR": "-1.00", "JPY": "-300", "USD": "2.00"},
            "The customer will get back 1.00 EUR and 300 JPY and the customer will still pay 2.00 USD",
        ),
    ],
)
def test_money_5_one_sentence_says_who_pays_whom(cost, said):
    assert owed({currency: Decimal(amount) for currency, amount in cost.items()}) == said


def test_a_plan_reads_from_its_dates_to_the_way_back(capsys):
    print_plan(FACTS, plan(Mode.STOP, requested=0, effective_date=30, erasure=60))
    told = capsys.readouterr().out
    assert "acc_1) would leave: its service ends on 2026-12-22" in told
    assert "charge to come   Seats" in told
    assert "The customer will get back 85.20 EUR." in told
    assert "The way back: withdraw until 2026-12-22, reinstate until 2027-01-21" in told
    assert "Contracts that end" not in told


def test_modes_1_a_pause_names_its_two_days_and_no_data(capsys):
    print_plan(FACTS, plan(Mode.PAUSE, requested=0, effective_date=1, resume=91))
    told = capsys.readouterr().out
    assert "would pause from 2026-11-23 until 2027-02-21" in told
    assert "pause begins" in told
    assert "Data" not in told


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (Cause.BREACH, "acc_1) would be put out at once, 2026-11-22, for the cause breach"),
        (Cause.CUSTOMER_DEMAND, "acc_1) would leave at once, 2026-11-22, as the customer demands"),
    ],
)
def test_modes_3_who_demands_to_leave_at_once_is_not_put_out(capsys, cause, said):
    ejected = plan(Mode.EJECT, requested=0, effective_date=0, erasure=30)
    terms = ejected.commitments.model_copy(update={"cause": cause})
    print_plan(FACTS, ejected.model_copy(update={"commitments": terms}))
    assert said in capsys.readouterr().out


def test_ways_stand_side_by_side_and_one_that_cannot_be_says_why(capsys):
    ways = [
        Drafted(Way(Mode.STOP), plan(Mode.STOP, requested=0, effective_date=30, erasure=60)),
        Drafted(Way(Mode.EJECT, cause=Cause.NON_PAYMENT), plan(Mode.EJECT, effective_date=0, erasure=30)),
        Drafted(Way(Mode.PAUSE), None, ("pauses", "it has paused twice this year", "stop instead")),
    ]
    print_comparison(FACTS, ways)
    told = capsys.readouterr().out
    assert "eject (non payment)" in told
    assert "1,200 rows in 1 data set" in told
    assert "No pause: it has paused twice this year (stop instead)." in told
    assert ways[2].as_json() == {
        "mode": "pause",
        "effective_on": None,
        "refused": {"code": "pauses", "what": "it has paused twice this year", "fix": "stop instead"},
    }


@pytest.mark.parametrize(
    ("modes", "resume_on", "cause", "said"),
    [
        ([Mode.STOP], None, Cause.FRAUD, "only an eject has a cause, and this is stop"),
        ([Mode.STOP, Mode.EJECT], date(2027, 1, 1), None, "only a pause resumes, and this is stop or eject"),
        ([Mode.EJECT], None, None, "an eject needs a cause"),
    ],
)
def test_modes_3_what_does_not_go_together_is_wrong_use(modes, resume_on, cause, said):
    with pytest.raises(Refused, match=said) as stopped:
        refuse_contradictions(modes, resume_on, cause)
    assert stopped.value.code is Exit.USAGE


def test_a_comparison_may_eject_without_a_cause():
    refuse_contradictions([Mode.STOP, Mode.PAUSE, Mode.EJECT], date(2027, 1, 1), None)
