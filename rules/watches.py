"""What is still to be watched once the pack is sealed, and when. Source: DOMAIN identity.3, money.9, erasure.1.

It reads time zones, so it runs in an activity.
"""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from models.closing import Watch
from models.plan import Commitments
from models.policy import Policy
from rules.calendar import ONE_DAY, midnight
from rules.dates import after
from rules.policy import in_force, speaks_for_all


def watches(
    promised: Commitments, policy: Policy, sealed_at: datetime, backups_expire: datetime, unconfirmed: Iterable[str]
) -> tuple[Watch, ...]:
    """In order of time: ways in and late charges, sub-processors, backups, retained sets. All after the seal.

    Raises:
        NoClause: the policy is silent about late charges.
    """
    zone, house = promised.timezone, policy.house
    day = sealed_at.astimezone(ZoneInfo(zone)).date()
    scans = [Watch(kind="scan", at=midnight(after(day, days), zone)) for days in sorted(set(house.zombie_scan_days))]
    looks = [Watch(kind="charges", at=at) for at in _looks(promised, policy) if at > sealed_at]
    remind = midnight(after(day, house.processor_remind_days), zone)
    asked = [
        Watch(kind="chase", subject=each, at=remind, every_days=house.processor_remind_days) for each in unconfirmed
    ]
    kept = [
        Watch(kind="retained", subject=duty.name, at=duty.until)
        for duty in promised.data_sets
        if duty.until is not None
    ]
    found = [*scans, *looks, *asked, Watch(kind="backups", at=backups_expire), *kept]
    return tuple(sorted(found, key=lambda watch: watch.at))


def _looks(promised: Commitments, policy: Policy) -> list[datetime]:
    """Those of `rules.agreed`, from what was promised: the account's own facts are erased by now."""
    zone = ZoneInfo(promised.timezone)
    asked_on, effective = (promised.dates[name].at.astimezone(zone).date() for name in ("requested", "effective_date"))
    clause = in_force(policy.late_charges, asked_on, promised.jurisdiction, speaks_for_all(promised.contracts))
    return [midnight(effective + ONE_DAY * days, promised.timezone) for days in sorted(set(clause.look_after_days))]
