"""Makes the plan: gathers the facts through the ports, hands them to the rules."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.announcements import announced
from activities.pulse import beat
from connectors.errors import Rejected
from connectors.ports.access import AccessSystem, IdentitySystem
from connectors.ports.company import BillingSystem
from connectors.ports.own import CaseStore, Directory
from connectors.ports.product import ProductDatabase
from models.account import AccountFacts
from models.case import PlanRequest, PlanResult
from models.inventory import DataSet, Inventory
from models.money import Settlement, Statement
from models.plan import Blocker, Commitments, Estimates, Plan
from models.policy import Policy
from models.schema import SchemaFacts
from models.vocabulary import Mode
from rules.agreed import agreed
from rules.calendar import months_after
from rules.cost import cost
from rules.forecast import expected
from rules.inventory_blockers import inventory_blockers, with_subsidiaries
from rules.inventory_check import findings
from rules.money_terms import money_terms, with_fees
from rules.plan import PlanRefused, Wish, blockers, commit, plan_hash
from rules.policy import NoClause
from rules.rounding import MoneyRefused
from rules.settlement import settle

_A_YEAR = 12


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
        """Makes and keeps the plan of this generation and the policy that it rests on; an equal plan is kept once.

        Raises:
            ApplicationError: `PlanRefused`, not retryable: there is no such way out, or a date or an amount can't be.
        """
        now = activity.info().scheduled_time
        facts = self._directory.facts(request.account)
        try:
            plan = self.draft(facts, self._wish(request, facts, now), now)
        except PlanRefused as refused:
            raise ApplicationError(refused.what, refused.fix, type="PlanRefused", non_retryable=True) from None
        self._store.keep_policy(plan.commitments.policy_sha256, self._policy, now)
        self._store.keep_plan(request.case, plan, now)
        return PlanResult(agreed=agreed(plan, facts, self._policy, request.generation))

    def draft(self, facts: AccountFacts, wish: Wish, now: datetime) -> Plan:
        """A plan as of `now`, without any effect.

        Raises:
            PlanRefused: no such plan can be made.
        """
        commitments, statement, to_come = self._money(facts, commit(facts, wish, self._policy, self._inventory), now)
        rows, found = self._in_product(facts.account.root_key)
        held = bool(self._store.holds(facts.account.id))
        return Plan(
            hash=plan_hash(commitments),
            commitments=commitments,
            estimates=Estimates(
                rows=rows,
                users=self._identity.count(facts.account.id, active=True),
                credentials=self._access.counts(facts.account.id),
                statement=statement,
                cost=cost(statement),
                to_come=to_come,
                messages=announced(facts, commitments, self._policy),
            ),
            approvals_required=commitments.gates,
            blockers=(*blockers(facts, held=held), *found),
        )

    def _wish(self, request: PlanRequest, facts: AccountFacts, now: datetime) -> Wish:
        paused = self._store.pauses(request.account, a_year_before(now)) if request.mode is Mode.PAUSE else 0
        return Wish(
            mode=request.mode,
            requested_on=today(facts, now),
            effective_on=request.transition_end_on or request.effective_on,
            resume_on=request.resume_on,
            paused_on=request.paused_on,
            cause=request.cause,
            pauses_before=paused,
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

    def _money(
        self, facts: AccountFacts, commitments: Commitments, now: datetime
    ) -> tuple[Commitments, tuple[Statement, ...], tuple[str, ...]]:
        """With the fees that come to something; the statement as it will close; the invoices in it that aren't there.

        A pause settles nothing. Source: DOMAIN money.4, money.5, modes.1.
        """
        if commitments.mode is Mode.PAUSE:
            return commitments, (), ()
        zone, billing_end = facts.account.timezone, commitments.dates["billing_end"].at
        try:
            state = self._billing.state(facts.account.id, now)
            terms = money_terms(commitments, state, self._policy)
            billing = expected(state, billing_end, zone, terms.rounding)
            to_come = tuple(invoice.invoice_id for invoice in billing.invoices[len(state.invoices) :])
            settlement = settle(billing, billing_end, terms, zone)
            self._refuse_inexpressible(settlement)
        except (MoneyRefused, Rejected) as no:
            raise PlanRefused("money", no.what, no.fix) from None
        except NoClause as silent:
            raise PlanRefused("policy", str(silent), "`farewell policy check` names the gap") from None
        return with_fees(commitments, terms), settlement.statements, to_come

    def _refuse_inexpressible(self, settlement: Settlement) -> None:
        """Source: DOMAIN money.3."""
        for document in self._billing.inexpressible(settlement)[:1]:
            amount = f"{document.amount:f} {document.currency}"
            what = f"the billing system can't express {amount} exactly: {document.kind}, {document.description}"
            raise PlanRefused("money", what, "choose another date, or settle this account by hand")

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


def today(facts: AccountFacts, now: datetime) -> date:
    """The customer's local date. Source: DOMAIN dates.1."""
    return now.astimezone(ZoneInfo(facts.account.timezone)).date()


def a_year_before(now: datetime) -> datetime:
    """The same time of day twelve months ago: pauses are counted from then on. Source: DOMAIN modes.1."""
    day = months_after(now.date(), -_A_YEAR)
    return now.replace(year=day.year, month=day.month, day=day.day)
