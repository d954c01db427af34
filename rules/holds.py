"""What a legal hold freezes. Source: DOMAIN erasure.3."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from models.account import AccountFacts
from models.inventory import Inventory
from models.policy import Policy
from models.vocabulary import FILES, OWN, PROCESSORS
from rules.contracts import active
from rules.policy import NoClause, in_force, speaks_for_all


def frozen(inventory: Inventory, covered: Iterable[str]) -> frozenset[str]:
    """The data sets that a hold covers, and those that are to be deleted and that frozen rows point at.

    A row can't go before those that point at it; what is only masked stays, and its values aren't the hold's.
    """
    sets = {each.table: each for each in inventory.data_sets}
    names = set(covered)
    news = [each for each in inventory.data_sets if each.name in names]
    while news:
        here = news.pop()
        parents = [sets[hop.parent] for hop in (*here.hops, *here.ignored) if hop.parent in sets]
        more = [each for each in parents if each.erase == "delete" and each.name not in names]
        names.update(each.name for each in more)
        news += more
    return frozenset(names)


def can_be_held(inventory: Inventory) -> tuple[str, ...]:
    """The names of all that a hold may cover, as a plan writes them."""
    return (
        *(each.name for each in inventory.data_sets),
        *(FILES + each.name for each in inventory.file_sets),
        *(PROCESSORS + each.name for each in inventory.processors),
        *(OWN + each.name for each in inventory.own),
    )


def confirm_by(placed_at: datetime, days: int) -> datetime:
    """Until when a second of compliance must confirm a hold; it stands all the same."""
    return placed_at + timedelta(days=days)


def may_be_told(policy: Policy, facts: AccountFacts, day: date) -> bool:
    """Whether the customer may know that a hold stands, by the clause in force that day; a silent policy says no.

    Source: DOMAIN erasure.3; counsel's word, which the clause's citation names.
    """
    contract = speaks_for_all(active(facts.contracts))
    try:
        return in_force(policy.hold_notice, day, facts.account.jurisdiction, contract).tell
    except NoClause:
        return False


def overdue_since(hold: Mapping[str, Any], days: int, now: datetime) -> datetime | None:
    """Since when its confirmation is overdue; None: it isn't."""
    until = confirm_by(hold["placed_at"], days)
    return until if hold["confirmed_by"] is None and until <= now else None
