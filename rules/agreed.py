"""The part of a plan that the workflow steers by: instants, computed before it. Source: STYLE, Workflows."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from models.account import AccountFacts
from models.case import Agreed
from models.plan import Plan
from models.policy import Policy
from models.vocabulary import Mode
from rules.contracts import active
from rules.dates import after, midnight
from rules.openings import openings
from rules.pauses import pause_clause
from rules.periods import Terms
from rules.policy import in_force, speaks_for_all
from rules.stakeholders import team_dues


def agreed(plan: Plan, facts: AccountFacts, policy: Policy, generation: int) -> Agreed:
    """Whom to wait for how long, when to remind, what our teams must do, when to look for late charges and ways in.

    Source: DOMAIN money.9, identity.3, modes.1.

    Raises:
        NoClause: the policy is silent.
    """
    dates = {name: planned.at for name, planned in plan.commitments.dates.items()}
    asked_on, zone = dates["requested"].date(), facts.account.timezone
    pauses = plan.commitments.mode is Mode.PAUSE
    reminders = _of_a_pause(dates, facts, policy) if pauses else _of_an_exit(dates, policy)
    return Agreed(
        hash=plan.hash,
        mode=plan.commitments.mode,
        cause=plan.commitments.cause,
        looks_at=() if pauses else _looks(dates, facts, policy),
        scans_at=() if pauses else _days_after(dates, facts, policy.house.zombie_scan_days),
        dates=dates,
        approvals_required=plan.approvals_required,
        approval_until=midnight(after(asked_on, policy.house.approval_days), zone),
        reminder_at=reminders[0],
        silence_at=reminders[1],
        blockers=tuple(blocker.code for blocker in plan.blockers),
        data_sets=tuple(duty.name for duty in plan.commitments.data_sets),
        retained=tuple(duty.name for duty in plan.commitments.data_sets if duty.erase == "retain"),
        openings=openings(plan, facts, policy, dates, reminders[0]),
        teams=team_dues(policy, plan.commitments, facts.account.country),
        generation=generation,
    )


def _of_an_exit(dates: dict[str, datetime], policy: Policy) -> tuple[datetime, datetime]:
    end, house = dates["retrieval_end"], policy.house
    return end - timedelta(days=house.retrieval_reminder_days), end + timedelta(days=house.silence_days)


def _of_a_pause(dates: dict[str, datetime], facts: AccountFacts, policy: Policy) -> tuple[datetime, datetime]:
    ids = tuple(contract.id for contract in active(facts.contracts))
    clause = pause_clause(Terms(policy, facts.account, dates["requested"].date(), ids))
    return dates["resume"] - timedelta(days=clause.reminder_days), dates["resume"]


def _looks(dates: dict[str, datetime], facts: AccountFacts, policy: Policy) -> tuple[datetime, ...]:
    speaks = speaks_for_all(active(facts.contracts))
    clause = in_force(policy.late_charges, dates["requested"].date(), facts.account.jurisdiction, speaks)
    return _days_after(dates, facts, clause.look_after_days)


def _days_after(dates: dict[str, datetime], facts: AccountFacts, days: Iterable[int]) -> tuple[datetime, ...]:
    """Whole days of the customer's after the effective date. Source: DOMAIN dates.1."""
    effective: date = dates["effective_date"].date()
    return tuple(midnight(effective + timedelta(days=day), facts.account.timezone) for day in sorted(set(days)))
