"""The plan: a pure function of account, contract, policy, inventory and request. Source: DESIGN, One idea."""

from datetime import date, datetime

from models.account import AccountFacts, BlockingFact
from models.inventory import DataSet, Inventory
from models.ledger import digest
from models.payload import Payload
from models.plan import Blocker, Commitments, Duties, PlannedDate
from models.policy import Policy
from models.vocabulary import BlockerCode, Gate, Mode
from rules.dates import DateRefused, exit_dates, midnight


class PlanRefused(Exception):
    """No plan can be made: `code`, `what` in words, and the `fix`."""

    def __init__(self, code: str, what: str, fix: str) -> None:
        """Keeps all three for the person who asked."""
        super().__init__(what)
        self.code, self.what, self.fix = code, what, fix


class Wish(Payload):
    """What is asked for: the day of the request and the effective date are the customer's local dates."""

    mode: Mode
    requested_on: date
    effective_on: date | None = None


def commit(facts: AccountFacts, wish: Wish, policy: Policy, inventory: Inventory) -> Commitments:
    """What people will approve. Equal input gives an equal hash, on any machine and in any zone.

    Raises:
        PlanRefused: the mode isn't built yet, or the date can't be.
    """
    if wish.mode is not Mode.STOP:
        raise PlanRefused("mode_not_built", f"mode {wish.mode} is not built yet", "use --mode stop")
    account, periods = facts.account, policy.jurisdiction(facts.account.jurisdiction)
    try:
        dates = exit_dates(wish.requested_on, wish.effective_on, facts, periods)
    except DateRefused as refused:
        raise PlanRefused("effective_date", refused.why, refused.fix) from None
    return Commitments(
        account=account.id,
        mode=wish.mode,
        policy=policy.version,
        policy_sha256=digest(policy.model_dump(mode="json")),
        inventory_sha256=digest(inventory.model_dump(mode="json")),
        timezone=account.timezone,
        dates=dates,
        data_sets=duties(inventory, dates["effective_date"], account.timezone),
        gates=approvals_required(wish.mode, policy),
    )


def plan_hash(commitments: Commitments) -> str:
    """`sha256:` + hex of the canonical commitments. Source: CONTRACTS, Forms."""
    return digest(commitments.model_dump(mode="json"))


def approvals_required(mode: Mode, policy: Policy) -> dict[Gate, int]:
    """How many must say yes at each gate; an eject's plan needs one more. Source: CONTRACTS, Gates; DOMAIN modes.3."""
    plan = policy.approvals[Gate.PLAN] + (1 if mode is Mode.EJECT else 0)
    return {Gate.PLAN: plan, Gate.ERASURE: policy.approvals[Gate.ERASURE]}


def duties(inventory: Inventory, effective: PlannedDate, zone: str) -> tuple[Duties, ...]:
    """Every data set in the order of erasure: files, tables, then what we made. Source: DOMAIN stages.3, erasure.7."""
    files = (Duties(name=f"files/{f.name}", export=True, erase="delete") for f in inventory.file_sets)
    tables = (_table_duties(d, effective.at, zone) for d in inventory.data_sets)
    own = (Duties(name=f"own/{o.name}", export=False, erase="delete") for o in inventory.own)
    return (*files, *tables, *own)


def _table_duties(data_set: DataSet, effective: datetime, zone: str) -> Duties:
    kept = data_set.retain
    until = None
    if kept is not None:
        day = effective.date()
        leap_safe = day.replace(day=28) if (day.month, day.day) == (2, 29) else day
        until = midnight(leap_safe.replace(year=day.year + kept.years), zone)
    return Duties(
        name=data_set.name,
        export=data_set.export,
        erase=data_set.erase,
        ground=kept.ground if kept else None,
        until=until,
    )


def blockers(facts: AccountFacts, *, held: bool) -> tuple[Blocker, ...]:
    """What must be mended before anybody may approve. Source: DOMAIN stages.5."""
    found = list(facts.blocking)
    if not any(contact.email for contact in facts.contacts):
        found.append(_fact(BlockerCode.NO_CONTACT, "no contact has a mail address", "import one"))
    if not any(contract.signatories for contract in facts.contracts if contract.state == "active"):
        text = "no active contract names a signatory, so nobody is known to be allowed to end it"
        found.append(_fact(BlockerCode.REQUESTER_WITHOUT_AUTHORITY, text, "import the contract's signatories"))
    if held:
        text = "a legal hold stands on this account"
        found.append(_fact(BlockerCode.LEGAL_HOLD, text, "compliance releases it with: farewell release ACCOUNT"))
    return tuple(Blocker(code=BlockerCode(f.code), text=f.text, fix=f.fix) for f in found)


def _fact(code: BlockerCode, text: str, fix: str) -> BlockingFact:
    return BlockingFact(code=code.value, text=text, fix=fix)
