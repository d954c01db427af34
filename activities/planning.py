"""Makes the plan: gathers the facts through the ports, hands them to the rules."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.announcements import announced
from activities.pulse import beat
from connectors.ports import AccessSystem, BillingSystem, CaseStore, Directory, IdentitySystem, ProductDatabase
from models.account import AccountFacts
from models.case import Agreed, PlanRequest, PlanResult
from models.inventory import DataSet, Inventory
from models.plan import Blocker, Commitments, Estimates, Plan
from models.policy import Policy
from models.schema import SchemaFacts
from rules.dates import midnight
from rules.inventory_blockers import inventory_blockers, with_subsidiaries
from rules.inventory_check import findings
from rules.plan import PlanRefused, Wish, approvals_required, blockers, commit, plan_hash
from rules.settlement import settle


class PlanningActivities:
    """Plans, from the company's systems as they are now."""

    def __init__(
        self,
        *,
        directory: Directory,
        product: ProductDatabase,
        billing: BillingSystem,
        identity: IdentitySystem,
        access: AccessSystem,
        store: CaseStore,
        policy: Policy,
        inventory: Inventory,
    ) -> None:
        self._directory, self._product, self._store = directory, product, store
        self._billing, self._identity, self._access = billing, identity, access
        self._policy, self._inventory = policy, inventory

    @activity.defn(name="make_plan")
    def make_plan(self, request: PlanRequest) -> PlanResult:
        """Makes and keeps the plan of this generation; an equal plan is kept once.

        Raises:
            ApplicationError: `PlanRefused`, not retryable: the date can't be, or the mode isn't built.
        """
        now = activity.info().scheduled_time
        facts = self._directory.facts(request.account)
        wish = Wish(
            mode=request.mode,
            requested_on=today(facts, now),
            effective_on=request.effective_on,
        )
        try:
            plan = self.draft(facts, wish, now)
        except PlanRefused as refused:
            raise ApplicationError(refused.what, refused.fix, type="PlanRefused", non_retryable=True) from None
        self._store.keep_plan(request.case, plan, now)
        return PlanResult(agreed=self._agreed(plan, facts, request.generation))

    def draft(self, facts: AccountFacts, wish: Wish, now: datetime) -> Plan:
        """A plan as of `now`, without any effect.

        Raises:
            PlanRefused: no such plan can be made.
        """
        commitments = commit(facts, wish, self._policy, self._inventory)
        rows, found = self._in_product(facts.account.root_key)
        held = bool(self._store.holds(facts.account.id))
        return Plan(
            hash=plan_hash(commitments),
            commitments=commitments,
            estimates=self._estimates(facts, commitments, rows, now),
            approvals_required=approvals_required(wish.mode, self._policy),
            blockers=(*blockers(facts, held=held), *found),
        )

    def _in_product(self, root_key: str) -> tuple[dict[str, int], tuple[Blocker, ...]]:
        """How many rows each data set has, and what of them stops the plan."""
        schema = self._product.schema()
        if wrong := findings(self._inventory, schema):
            # It would find other rows than the account's: none is counted.
            return {}, tuple(inventory_blockers(wrong, {}))
        rows = {each.name: self._count(each, root_key) for each in self._inventory.data_sets}
        of_two = {each.name: self._of_two(each, root_key) for each in self._inventory.data_sets}
        return rows, tuple(inventory_blockers((), of_two, self._subsidiaries(schema, root_key)))

    def _estimates(
        self, facts: AccountFacts, commitments: Commitments, rows: dict[str, int], now: datetime
    ) -> Estimates:
        account = facts.account.id
        billing_end = commitments.dates["billing_end"].at
        state = self._billing.state(account, now)
        settlement = settle(state, billing_end, self._policy.write_off_thresholds, facts.account.timezone)
        return Estimates(
            rows=rows,
            users=self._identity.count(account, active=True),
            credentials=self._access.counts(account),
            statement=settlement.statements,
            messages=announced(facts, commitments, self._policy),
        )

    def _count(self, data_set: DataSet, root_key: str) -> int:
        beat()
        return self._product.count(self._inventory, data_set, root_key)

    def _of_two(self, data_set: DataSet, root_key: str) -> int:
        """Only where nobody has decided yet. Source: DOMAIN stages.5."""
        beat()
        return self._product.of_two_accounts(self._inventory, data_set, root_key) if data_set.of_two == "block" else 0

    def _subsidiaries(self, schema: SchemaFacts, root_key: str) -> int:
        """How many accounts under this one would hold its row."""
        family = with_subsidiaries(self._inventory, schema)
        return max(0, self._product.count(family, family.data_sets[-1], root_key) - 1) if family else 0

    def _agreed(self, plan: Plan, facts: AccountFacts, generation: int) -> Agreed:
        dates = {name: planned.at for name, planned in plan.commitments.dates.items()}
        expires = dates["requested"].date() + timedelta(days=self._policy.approval_days + 1)
        return Agreed(
            hash=plan.hash,
            dates=dates,
            approvals_required=plan.approvals_required,
            approval_until=midnight(expires, facts.account.timezone),
            reminder_at=dates["retrieval_end"] - timedelta(days=self._policy.retrieval_reminder_days),
            silence_at=dates["retrieval_end"] + timedelta(days=self._policy.silence_days),
            blockers=tuple(blocker.code for blocker in plan.blockers),
            data_sets=tuple(duty.name for duty in plan.commitments.data_sets),
            generation=generation,
        )


def today(facts: AccountFacts, now: datetime) -> date:
    """The customer's local date. Source: DOMAIN dates.1."""
    return now.astimezone(ZoneInfo(facts.account.timezone)).date()
