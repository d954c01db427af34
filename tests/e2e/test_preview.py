"""Nobody is surprised: the plans of all the sample company's accounts, in every mode."""

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from devstack.company.accounts import sample_accounts
from devstack.preparing import prepare
from models.money import BillingState
from models.plan import Plan
from models.vocabulary import Mode
from rules.dates import midnight
from rules.plan import plan_hash

ACCOUNTS = [account.id for account in sample_accounts()]
EAST, WEST = "Pacific/Kiritimati", "Pacific/Pago_Pago"
LEAVING = (Mode.STOP, Mode.EJECT)
_PROJECT = Path(__file__).parents[2]
_RULE = re.compile(r"(stages|modes|dates|money|identity|erasure|messages|audit)\.\d+")


class Previews(NamedTuple):
    """What two processes made of the same accounts at the same instant, as far apart as time zones go."""

    east: dict[str, Any]
    west: dict[str, Any]

    def plan(self, account: str, mode: Mode) -> Plan:
        return Plan.model_validate(self.east[account]["plans"][mode])

    def billing(self, account: str) -> BillingState:
        return BillingState.model_validate(self.east[account]["billing"])


@pytest.fixture(scope="module")
def previews(tmp_path_factory: pytest.TempPathFactory) -> Previews:
    home = tmp_path_factory.mktemp("company")
    prepare(home)
    now = datetime.now(UTC)
    both = [_process(home, now, zone) for zone in (EAST, WEST)]
    return Previews(*(_said(process) for process in both))


def _process(home: Path, now: datetime, zone: str) -> "subprocess.Popen[str]":
    outside = {k: v for k, v in os.environ.items() if not k.startswith(("FAREWELL_", "TEMPORAL_", "AWS_"))}
    words = [sys.executable, "-m", "tests.e2e.previews", str(home), now.isoformat()]
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(words, cwd=_PROJECT, env={**outside, "TZ": zone}, **pipes)


def _said(process: "subprocess.Popen[str]") -> dict[str, Any]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    said: dict[str, Any] = json.loads(out)
    return said


every_account = pytest.mark.parametrize("account", ACCOUNTS)
every_mode = pytest.mark.parametrize("mode", list(Mode))


def test_the_sample_company_has_25_accounts(previews: Previews) -> None:
    assert len(previews.east) == len(ACCOUNTS) == 25


@every_account
@every_mode
def test_a_plan_is_the_same_in_another_process_and_zone(previews: Previews, account: str, mode: Mode) -> None:
    plan = previews.east[account]["plans"][mode]
    assert "refused" not in plan
    assert plan == previews.west[account]["plans"][mode]
    assert plan["hash"] == plan_hash(previews.plan(account, mode).commitments)


@every_account
@every_mode
def test_dates_2_every_date_says_its_rule_and_what_it_rests_on(previews: Previews, account: str, mode: Mode) -> None:
    terms = previews.plan(account, mode).commitments
    planned = [*terms.dates.values(), *(contract.ends for contract in terms.contracts)]
    assert all(_RULE.fullmatch(each.rule) for each in (*planned, *terms.terms))
    assert all(each.citation.strip() for each in (*planned, *terms.terms))
    assert terms.terms


@every_account
@every_mode
def test_dates_1_and_4_every_date_is_a_midnight_of_the_customers(previews: Previews, account: str, mode: Mode) -> None:
    terms = previews.plan(account, mode).commitments
    for planned in terms.dates.values():
        assert planned.at == midnight(planned.at.date(), terms.timezone)


@every_account
@pytest.mark.parametrize("mode", LEAVING)
def test_dates_3_no_window_is_shortened(previews: Previews, account: str, mode: Mode) -> None:
    dates = {name: planned.at for name, planned in previews.plan(account, mode).commitments.dates.items()}
    order = (
        "requested",
        "notice_end",
        "transition_end",
        "effective_date",
        "late_usage_end",
        "retrieval_end",
        "erasure",
    )
    assert [dates[name] for name in order] == sorted(dates[name] for name in order)
    assert dates["retrieval_end"].date() - dates["effective_date"].date() >= timedelta(days=30)
    assert dates["billing_end"].date() - dates["effective_date"].date() <= timedelta(days=1)


@every_account
def test_modes_1_a_pause_ends_and_erases_nothing(previews: Previews, account: str) -> None:
    terms = previews.plan(account, Mode.PAUSE).commitments
    assert terms.dates["requested"].at <= terms.dates["effective_date"].at < terms.dates["resume"].at
    assert (terms.contracts, terms.data_sets) == ((), ())


@every_account
@pytest.mark.parametrize("mode", LEAVING)
def test_money_5_the_statement_closes_to_zero(previews: Previews, account: str, mode: Mode) -> None:
    for statement in previews.plan(account, mode).estimates.statement:
        assert statement.total == sum(line.amount for line in statement.lines) == 0


@every_account
@pytest.mark.parametrize("mode", LEAVING)
def test_money_3_no_more_goes_back_than_was_paid(previews: Previews, account: str, mode: Mode) -> None:
    billing, plan = previews.billing(account), previews.plan(account, mode)
    paid = {invoice.invoice_id: invoice.paid for invoice in billing.invoices}
    for statement in plan.estimates.statement:
        back: dict[str, Decimal] = defaultdict(Decimal)
        for line in statement.lines:
            back[line.reference] += line.amount if line.kind == "refund" else 0
        credit = billing.credit.get(statement.currency, Decimal(0))
        assert all(amount <= paid.get(invoice, credit) for invoice, amount in back.items())
        assert -plan.estimates.cost[statement.currency] <= sum(back.values())


@every_account
@every_mode
def test_messages_5_the_mails_come_in_order_and_none_before_the_request(
    previews: Previews, account: str, mode: Mode
) -> None:
    plan = previews.plan(account, mode)
    sent = [message.send_at for message in plan.estimates.messages]
    assert sent == sorted(sent)
    assert all(at >= plan.commitments.dates["requested"].at for at in sent)
    assert all(message.subject for message in plan.estimates.messages)
