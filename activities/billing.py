"""What happens to the account's money. Source: DOMAIN money.4."""

from activities.charge_watch import ChargeWatchActivities
from activities.charges import ChargeActivities
from activities.statements import StatementActivities


class BillingActivities(ChargeActivities, StatementActivities, ChargeWatchActivities):
    """Charges, the final statement, and the watch after the end, over one billing system."""
