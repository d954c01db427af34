"""Who leaves, as far as an offer must know them."""

from pydantic import AwareDatetime

from models.account import AccountFacts
from models.money import BillingState
from models.payload import Payload
from models.vocabulary import Cause, Mode, Reason, Stage

BEFORE_FREEZE = (Stage.REQUESTED, Stage.APPROVAL, Stage.NOTICE, Stage.TRANSITION)
AFTER_FREEZE = (Stage.FREEZE, Stage.EXPORT, Stage.DEPROVISION, Stage.TERMINATE, Stage.SETTLE, Stage.RETRIEVAL)
TILL_GOODBYE = (*BEFORE_FREEZE, *AFTER_FREEZE)


class Leaving(Payload):
    """A case and its account as they stand; the dates are those in force, where there are any yet.

    `billing` is what the customer pays today; None: nobody can tell, so nothing is said of prices. `pauses_before`
    counts the pauses that began in the last twelve months.
    """

    case: str
    facts: AccountFacts
    reason: Reason
    mode: Mode
    cause: Cause | None = None
    stage: Stage
    effective_date: AwareDatetime | None = None
    retrieval_end: AwareDatetime | None = None
    billing: BillingState | None = None
    pauses_before: int = 0
