"""Writes to our own people about an exit: a briefing to the manager, then each team its own. Source: SEEDS 001, 002."""

from temporalio import activity

from activities.case_policy import policy_of
from activities.catalogue import SHIPPED, Catalogue
from activities.handing_over import HandingOver
from activities.team_letters import About, TeamLetters
from connectors.ports.outside import Messenger
from connectors.ports.own import CaseStore, Directory, Outbox
from models.effects import TeamMessageRequest, TeamMessageResult
from models.inventory import Inventory
from models.messages import Draft
from models.policy import Policy
from rules.stakeholders import asked, team_dues


class BriefingActivities:
    """Each letter once: its Message-ID bears the round, `<case>.stakeholder-finance.2@…`."""

    def __init__(
        self,
        *,
        directory: Directory,
        store: CaseStore,
        outbox: Outbox,
        messenger: Messenger,
        policy: Policy,
        inventory: Inventory,
        catalogue: Catalogue = SHIPPED,
    ) -> None:
        """`policy` says who writes; what the teams must do is in the one that the plan rests on."""
        self._directory, self._store, self._outbox = directory, store, outbox
        self._handing_over = HandingOver(outbox, messenger)
        self._letters = TeamLetters(store, policy.sender, inventory, catalogue)

    @activity.defn(name="brief")
    def brief(self, request: TeamMessageRequest) -> TeamMessageResult:
        """The manager first, then the teams; answers by when each must be done. A second run sends what is missing.

        Raises:
            ConnectorError: somebody is unknown (permanent), or the mail server failed.
        """
        about = self._about(request)
        dues = team_dues(about.policy, about.plan.commitments, about.facts.account.country, about.now)
        self._post(self._letters.briefing(about, dues))
        for due in dues:
            if due.team not in request.done:
                self._post(self._letters.letter(about, due, "asked"))
        return TeamMessageResult(due=dues)

    @activity.defn(name="remind_teams")
    def remind_teams(self, request: TeamMessageRequest) -> TeamMessageResult:
        """Reminds, escalates, or tells that the account stays; then the manager first. Raises as `brief` does."""
        about = self._about(request)
        if request.called_off:
            self._post(self._letters.called_off(about))
            for team in request.teams:
                if team in {clause.team for clause in asked(about.policy, about.plan.commitments)}:
                    self._post(self._letters.called_off(about, team))
        for due in request.due:
            self._post(self._letters.letter(about, due, "escalated" if request.escalate else "reminded"))
        return TeamMessageResult(due=request.due)

    def _post(self, letter: Draft) -> None:
        """Once, by the attempt's own clock: what one left behind is repeated as it was."""
        info = activity.info()
        at = max(info.scheduled_time, info.current_attempt_scheduled_time)
        self._handing_over.done(self._outbox.prepare(letter), at)

    def _about(self, request: TeamMessageRequest) -> About:
        facts = self._directory.facts(request.account)
        return About(
            request=request,
            facts=facts,
            manager=self._directory.person(facts.account.manager),
            reader=self._outbox.reader(request.case, request.account),
            plan=self._store.plan(request.case, request.plan_hash),
            policy=policy_of(self._store, request.case, request.plan_hash),
            now=activity.info().scheduled_time,
        )
