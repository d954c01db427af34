"""The months after the goodbye: what is still to come, from when on, and the end of it. Source: DOMAIN messages.5."""

from datetime import datetime

from temporalio import activity

from activities.facts import cadence_for, plan_of, planned_dates
from connectors.ports.farewells import Suppression
from connectors.ports.own import CaseStore, Directory, Outbox
from models.case import Noted
from models.follow_ups import FollowUpPlan
from models.messages import Kept, Reader
from models.payload import EffectRequest
from models.policy import Cadence
from models.vocabulary import MailKind, StopGround
from rules.cadence import follow_ups, taken_days
from rules.hours import opening
from rules.reach import MARKETING, NOT_OUT, WHY_NOT


class FollowUpActivities:
    """Plans the follow-ups, and forgets whom they were for."""

    def __init__(
        self, *, directory: Directory, store: CaseStore, outbox: Outbox, suppression: Suppression | None = None
    ) -> None:
        """Without `suppression` nobody is known who wants no more; then no marketing goes anyway."""
        self._directory, self._store, self._outbox, self._suppression = directory, store, outbox, suppression

    @activity.defn(name="plan_follow_ups")
    def plan_follow_ups(self, request: EffectRequest) -> FollowUpPlan:
        """Sets the least of the contact apart, and plans what the goodbye promised, from when it leaves.

        Nothing follows a goodbye that was skipped, nor an eject for cause. Source: DOMAIN messages.5, erasure.7.
        """
        self._directory.keep_for_follow_ups(request.case, request.account)
        reader = self._outbox.reader(request.case, request.account)
        plan = plan_of(self._store, request.case, request.account)
        cadence = cadence_for(self._store, request.case, plan)
        goodbye = self._goodbye(request.case)
        if cadence is None or (goodbye and goodbye.state == "skipped"):
            return FollowUpPlan(touches=())
        if ground := self._suppressed(reader):
            return FollowUpPlan(touches=(), stop=ground)
        left = _leaves(goodbye, activity.info().scheduled_time, reader, cadence)
        taken = taken_days(planned_dates(plan), reader, cadence)
        touches = follow_ups(left, cadence, reader, come_back=reader.come_back, taken=taken)
        return FollowUpPlan(touches=touches)

    @activity.defn(name="end_follow_ups")
    def end_follow_ups(self, request: EffectRequest) -> Noted:
        """The last contact is forgotten, and what never left; again changes nothing. Source: DOMAIN erasure.7."""
        erased = self._directory.is_erased(request.account)
        for kept in self._outbox.waiting(request.case):
            if erased or kept.kind in MARKETING:
                self._outbox.skipped(kept.message_id, WHY_NOT[NOT_OUT], NOT_OUT)
        self._directory.forget_follow_ups(request.case)
        return Noted(text="the last contact is forgotten")

    def _goodbye(self, case: str) -> Kept | None:
        sent = self._outbox.messages(case)
        return next((kept for kept in sent if kept.kind is MailKind.GOODBYE), None)

    def _suppressed(self, reader: Reader) -> StopGround | None:
        """The ground on which one of the reader's addresses gets no marketing. Source: DOMAIN messages.8."""
        if self._suppression is None:
            return None
        held = [self._suppression.holds(each) for each in (reader.email, reader.phone) if each]
        return next((StopGround(ground) for ground in held if ground in set(StopGround)), None)


def _leaves(goodbye: Kept | None, now: datetime, reader: Reader, cadence: Cadence) -> datetime:
    """When it left; where it hasn't, when it will: it waits for the reader's hours."""
    return goodbye.sent_at if goodbye and goodbye.sent_at else opening(now, reader, cadence)
