"""How the closing does a step: to the end, once, whichever of its runs did it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NoReturn, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.erasure import ErasureActivities
    from models.closing import ClosingRequest, ClosingState, Obstacles, ObstaclesRequest, Watch
    from models.payload import EffectRequest
    from models.vocabulary import Stage, TaskKind
    from workflows.retries import HEARTBEAT, LONG, SHORT, TO_THE_END
    from workflows.words import cause_of, kind_of

R = TypeVar("R", bound=EffectRequest)
AN_HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)
HEARTBEATING = frozenset({"collect_histories", "seal_pack", "scan_after_end", "erase_retained"})


class ClosingSteps:
    """The closing's state, and the ways to change it."""

    def __init__(self, request: ClosingRequest, state: ClosingState) -> None:
        """`request` is kept for a run that carries on."""
        self._request, self._state = request, state

    async def _once(self, method: Callable[..., Any], request: EffectRequest) -> Any:
        """Does a step that no run has done yet; None if one has: after the key is gone nothing is collected again."""
        if request.step in self._state.done:
            return None
        result = await self._do(method, request)
        self._keep(done=(*self._state.done, request.step))
        return result

    async def _do(self, method: Callable[..., Any], request: EffectRequest) -> Any:
        """To the end: what can't be done now is told on the server's page and tried again, ever more rarely."""
        name, failed = request.step.replace("_", " "), 0
        while True:
            self._tell(name)
            try:
                return await self._tried(method, request)
            except ActivityError as error:
                again = next_try(failed)
                self._tell(f"{name} {failure(error, again)}")
                await self._rest(again)
                if kind_of(error) is TaskKind.HOLD_REVIEW:
                    await self._await_release()
                failed += 1

    async def _await_release(self) -> None:
        """A hold may stand for years: it's asked for, not tried against, as each failure stays in the ledger.

        Source: DOMAIN erasure.3.
        """
        while (met := await self._obstacles()).hold:
            self._tell(f"waits for the release of hold {met.hold}")
            await self._rest(workflow.now() + A_DAY)

    async def _rest(self, until: datetime) -> None:
        await workflow.sleep(max(until - workflow.now(), timedelta(0)))
        self._continue_if_long()

    async def _obstacles(self, watch: Watch | None = None) -> Obstacles:
        """What stands in the way, as SQL knows it now."""
        about = {"case": self._state.case, "account": self._state.account, "plan_hash": self._request.plan_hash}
        found: Obstacles = await workflow.execute_activity_method(
            ErasureActivities.obstacles,
            ObstaclesRequest(**about, watch=watch),
            start_to_close_timeout=SHORT,
            retry_policy=TO_THE_END,
            summary="does anything stand in the way?",
        )
        return found

    async def _tried(
        self, method: Callable[..., Any], request: EffectRequest, retries: RetryPolicy = TO_THE_END
    ) -> Any:
        long = request.step in HEARTBEATING
        return await workflow.execute_activity_method(
            method,
            request,
            start_to_close_timeout=LONG if long else SHORT,
            heartbeat_timeout=HEARTBEAT if long else None,
            retry_policy=retries,
            summary=f"{request.step.replace('_', ' ')} {request.subject}".removesuffix(" -"),
        )

    def _ask(self, form: type[R], step: str, **fields: Any) -> R:
        """The request of a step; with the certificate out the case is closed."""
        stage = Stage.CLOSED if self._state.certified else Stage.CERTIFY
        about = {"case": self._state.case, "account": self._state.account, "stage": stage, "step": step}
        return form(**{**about, **fields})

    def _ask_evidence(self, form: type[R], step: str, **fields: Any) -> R:
        about = {"plan_hash": self._request.plan_hash, "opened_at": self._request.opened_at}
        return self._ask(form, step, **{**about, "workflows": self._request.workflows, **fields})

    def _keep(self, **changes: Any) -> None:
        self._state = self._state.model_copy(update=changes)

    def _tell(self, step: str) -> None:
        self._keep(step=step)
        stands = "has left" if self._state.certified else "is being certified"
        found = "".join(f"\n- {finding}" for finding in self._state.findings)
        workflow.set_current_details(f"**{self._state.account}** {stands}: {step}.{found}")

    def _continue_if_long(self) -> None:
        """A history that grew long is carried on by a new run, from the same state."""
        if workflow.info().is_continue_as_new_suggested():
            self._continue()

    def _continue(self) -> NoReturn:
        workflow.continue_as_new(self._request.model_copy(update={"carried": self._state}))


def next_try(failed: int) -> datetime:
    """After an hour, then two, at last once a day: whatever is broken may stay so for months."""
    return workflow.now() + min(AN_HOUR * (1 << min(failed, 5)), A_DAY)


def failure(error: ActivityError, again: datetime) -> str:
    """What went wrong, what to do, and when it's tried again."""
    cause, fix = cause_of(error)
    return f"failed: {cause}; {fix}; tried again {again:%Y-%m-%d %H:%M %Z}"
