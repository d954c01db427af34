"""What is wrong with a policy: silence, contradictions, what can't be reached or can't be meant.

Source: DOMAIN dates.2.
"""

from collections.abc import Collection

from models.policy import Policy
from rules.policy_check_approvals import outnumbered, too_few_to_eject
from rules.policy_check_limits import loosened, out_of_bounds, unlawful_fees
from rules.policy_check_offers import offers_wrong
from rules.policy_check_teams import notices_wrong, teams_wrong
from rules.policy_check_times import contradictions, gaps, silent
from rules.policy_check_values import (
    house_and_sender,
    out_of_order,
    uncountable,
    unnamed_rules,
    unreachable,
    unsaid,
)
from rules.policy_found import Finding, every

_CHECKS = (
    silent,
    gaps,
    contradictions,
    unreachable,
    outnumbered,
    unsaid,
    out_of_bounds,
    loosened,
    unlawful_fees,
    too_few_to_eject,
    uncountable,
    out_of_order,
    unnamed_rules,
    house_and_sender,
    offers_wrong,
    teams_wrong,
    notices_wrong,
)


def findings(policy: Policy) -> tuple[Finding, ...]:
    """All that is wrong, silence first; empty: the policy may be relied on."""
    return tuple(dict.fromkeys(finding for check in _CHECKS for finding in check(policy)))


def nobodys(policy: Policy, contracts: Collection[str]) -> tuple[Finding, ...]:
    """Clauses for contracts that no account has: most likely a slip of the pen."""
    fix = "correct the id, or take the clause out"
    return tuple(
        Finding(where=str(each), what=f"no account has a contract {each.clause.contract}", fix=fix)
        for each in every(policy)
        if each.clause.contract is not None and each.clause.contract not in contracts
    )
