"""What is watched after the seal: each at its instant, sealed when something came of it. Source: DESIGN, Workflows."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.evidence import EvidenceActivities
    from models.closing import ClosingRequest, ClosingState, SupplementRequest, Watch, WatchPlan
    from workflows.closing_steps import A_DAY, failure, next_try
    from workflows.looking import YES, Looking, Told, name_of


class Watching(Looking):
    """One watch at a time, by its instant; one that fails is tried again later and holds up no other."""

    def __init__(self, request: ClosingRequest, state: ClosingState) -> None:
        """A word that comes before there is a plan is heard when there is one."""
        self._told_of: tuple[str, ...] = ()
        super().__init__(request, state)

    @workflow.signal(name="processor_confirmed")
    def processor_confirmed(self, name: str) -> None:
        """A person has recorded that this sub-processor has erased all: it is looked at now."""
        self._told_of = (*self._told_of, name)
        self._hasten(name)

    def _hasten(self, name: str) -> None:
        now = {"at": workflow.now()}
        self._keep(
            watches=tuple(
                each.model_copy(update=now) if (each.kind, each.subject) == ("chase", name) else each
                for each in self._state.watches
            )
        )

    def _begin_to_watch(self, plan: WatchPlan) -> None:
        self._keep(watches=tuple(_numbered(plan.watches)))
        for name in self._told_of:
            self._hasten(name)

    async def _watch(self) -> None:
        """Until nothing is left to be watched."""
        while self._state.watches:
            watch = min(self._state.watches, key=lambda each: each.at)
            if watch.at > workflow.now():
                self._continue_if_long()
                await self._until(watch)
            else:
                await self._look(watch)

    async def _until(self, watch: Watch) -> None:
        """Its instant, or somebody's word."""
        self._tell(f"watched until {watch.at:%Y-%m-%d %H:%M %Z}: {name_of(watch)}")
        before = self._state.watches
        try:
            await workflow.wait_condition(
                lambda: self._state.watches != before,
                timeout=watch.at - workflow.now(),
                timeout_summary=f"until: {name_of(watch)}",
            )
        except TimeoutError:
            return

    async def _look(self, watch: Watch) -> None:
        """Does what is due and seals what has come of it; a failure is told, and tried again ever more rarely."""
        self._tell(name_of(watch))
        try:
            came_of_it = await self._looked(watch)
        except ActivityError as error:
            again = next_try(watch.failed)
            self._find(watch, failure(error, again))
            came_of_it = watch.model_copy(update={"at": again, "failed": watch.failed + 1})
        if isinstance(came_of_it, Watch):
            self._replace(watch, came_of_it)
        else:
            await self._seal(watch, came_of_it)

    async def _looked(self, watch: Watch) -> Told | Watch:
        """What is to be sealed; or the same watch, for later.

        A customer who has come back has live data under the old keys: only their next exit may end it.
        Source: DOMAIN messages.9, erasure.3.
        """
        met = await self._obstacles(watch)
        if met.returned and watch.kind != "backups":
            self._find(watch, "not looked at: the account has come back")
            return {"returned": YES}
        if met.hold:
            self._find(watch, f"waits for the release of hold {met.hold}")
            return watch.model_copy(update={"at": workflow.now() + A_DAY})
        return await self._looks()[watch.kind](watch)

    async def _seal(self, watch: Watch, told: Told) -> None:
        number = self._state.supplements + 1
        request = self._ask_evidence(
            SupplementRequest, "seal_supplement", subject=watch.kind, generation=number, watch=watch, result=told
        )
        await self._do(EvidenceActivities.seal_supplement, request)
        self._keep(supplements=number)
        self._replace(watch, None)

    def _replace(self, watch: Watch, by: Watch | None) -> None:
        """A word that came while it was looked at stands: it is looked at again at once."""
        same = next(each for each in self._state.watches if _key(each) == _key(watch))
        if by is not None and same.at != watch.at:
            by = by.model_copy(update={"at": same.at})
        others = (each for each in self._state.watches if each != same)
        self._keep(watches=(*others, *(() if by is None else (by,))))


def _numbered(watches: tuple[Watch, ...]) -> list[Watch]:
    seen: dict[str, int] = {}
    numbered = []
    for watch in watches:
        seen[name_of(watch)] = seen.get(name_of(watch), 0) + 1
        numbered.append(watch.model_copy(update={"turn": seen[name_of(watch)]}))
    return numbered


def _key(watch: Watch) -> tuple[str, str, int]:
    return watch.kind, watch.subject, watch.turn
