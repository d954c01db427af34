"""Who of ours ends the task of a team. Source: SEEDS 002."""

from collections.abc import Mapping

from models.vocabulary import Role, Team

OWNERS: Mapping[Team, Role] = {
    Team.FINANCE: Role.APPROVER,
    Team.SECURITY: Role.ENGINEER,
    Team.LEGAL: Role.COMPLIANCE,
    Team.CUSTOMER_SUCCESS: Role.ACCOUNT_MANAGER,
}
"""Whose word counts as the team's."""
