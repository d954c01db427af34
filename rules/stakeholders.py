"""What teams of ours must do of an exit, and by when. Source: SEEDS 002.

Pure given the library's calendars, which change with its version: so this runs in an activity, never in a workflow.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from models.case import TeamDue
from models.plan import Commitments
from models.policy import Policy, StakeholderClause
from models.vocabulary import Team
from rules.calendar import ONE_DAY, is_working_day, midnight, working_day_from
from rules.policy import NoClause, in_force, speaks_for_all

_USUAL = "effective_date"


def asked(policy: Policy, commitments: Commitments) -> tuple[StakeholderClause, ...]:
    """The clause for each team that this exit concerns, in the policy's order; a team without one isn't asked."""
    teams = dict.fromkeys(clause.team for clause in policy.stakeholder)
    found = (_clause(policy, commitments, team) for team in teams)
    return tuple(clause for clause in found if clause is not None)


def team_dues(
    policy: Policy, commitments: Commitments, country: str, now: datetime | None = None
) -> tuple[TeamDue, ...]:
    """By when each team must be done, earliest first.

    Working days are those of `country`. With `now`, nobody has less than the rest of today and one whole working day,
    and who can't be reminded before it is due isn't.
    """
    dues = [_due(clause, commitments, country, now) for clause in asked(policy, commitments)]
    return tuple(sorted(dues, key=lambda each: each.due))


def does(clause: StakeholderClause) -> tuple[str, str]:
    """What the team must do, and in which language: the first that the policy names is the team's own."""
    language, words = next(iter(clause.does.items()))
    return words, language


def _clause(policy: Policy, commitments: Commitments, team: Team) -> StakeholderClause | None:
    of_team = [each for each in policy.stakeholder if each.team is team and commitments.mode in each.modes]
    day, contract = commitments.dates["requested"].at.date(), speaks_for_all(commitments.contracts)
    try:
        return in_force(of_team, day, commitments.jurisdiction, contract)
    except NoClause:
        return None


def _due(clause: StakeholderClause, commitments: Commitments, country: str, now: datetime | None) -> TeamDue:
    zone, dates = commitments.timezone, commitments.dates
    day = dates[clause.due if clause.due in dates else _USUAL].at.astimezone(ZoneInfo(zone)).date()
    due = _working_days_before(day, clause.due_days, country)
    while clause.due_days and not is_working_day(due - ONE_DAY, country):  # nobody is told "by Sunday"
        due -= ONE_DAY
    if now is not None:
        tomorrow = now.astimezone(ZoneInfo(zone)).date() + ONE_DAY
        due = max(due, working_day_from(tomorrow, country) + ONE_DAY)
    remind = midnight(_working_days_before(due, clause.remind_days, country), zone)
    ends = midnight(due, zone)
    late = now is not None and remind <= now
    return TeamDue(team=clause.team, due=ends, remind_at=ends if late else remind, does=does(clause)[0])


def _working_days_before(end: date, days: int, country: str) -> date:
    """The exclusive end that leaves out so many working days before `end`; below 0, that many after it."""
    step = -ONE_DAY if days > 0 else ONE_DAY
    for _ in range(abs(days)):
        end += step
        while not is_working_day(end if days > 0 else end - ONE_DAY, country):
            end += step
    return end
