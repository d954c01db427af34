"""What becomes of a contract's own terms. Source: DOMAIN dates.2, dates.3."""

from datetime import date
from decimal import Decimal

import pytest

from rules.periods import Terms
from rules.policy_cuts import own_terms
from tests.unit.sample_facts import POLICY, facts

DAY = date(2026, 11, 22)
LAW = "Regulation (EU) 2023/2854, Art. 25(2)(d): at most two months"


def told(jurisdiction="EU", **contract):
    """What the contract says, and what becomes of it."""
    account, (written,) = facts(jurisdiction=jurisdiction).account, facts(notice=None).contracts
    own = written.model_copy(update=contract)
    return [(term.matter, term.says, term.cut) for term in own_terms(own, Terms(POLICY, account, DAY, (own.id,)))]


def test_dates_3_a_notice_longer_than_the_law_allows_is_cut_to_the_day():
    cut = f"cut to 2 months: given on 2026-11-22 it is over on 2027-01-22, not 2027-03-31; {LAW}"
    assert told(notice_months=3, notice_ends="quarter") == [("notice", "3 months to the end of a quarter", cut)]
    assert told("GB", notice_months=3) == [("notice", "3 months", "")]


@pytest.mark.parametrize("own", [{"notice_days": 30}, {"notice_days": 60}, {"notice_days": 0}, {"notice_months": 2}])
def test_dates_3_a_notice_within_the_law_stands(own):
    assert [cut for _, _, cut in told(**own)] == [""]


def test_dates_3_a_fee_is_cut_to_the_share_that_is_lawful():
    law = "Regulation (EU) 2023/2854, Art. 29(4) and recital 89: a proportionate fee stays possible"
    assert told(early_termination=Decimal("0.5")) == [
        ("early_termination", "50 % of the remaining price", f"cut to 25 %; {law}")
    ]
    assert told(early_termination=Decimal("0.2"))[0][2] == ""
    assert (
        told("US", early_termination=Decimal("0.2"))[0][2] == "no fee is charged; house policy: leaving costs nothing"
    )


def test_a_contract_that_says_nothing_has_no_terms_of_its_own():
    assert told() == []
