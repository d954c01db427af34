"""How the closing does a step: to the end, once, whichever of its runs did it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NoReturn, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from models.effects import ClosingRequest, ClosingState
    from models.payload import EffectRequest
    from models.vocabulary import Stage
    from workflows.retries import HEARTBEAT, LONG, SHORT, TO_THE_END
    from workflows.words import cause_of

R = TypeVar("R", bound=EffectRequest)
AN_HOUR = timedelta(hours=1)
HEARTBEATING = frozenset({"await_end", "collect_histories", "seal_pack", "scan_after_end", "erase_retained"})


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
        """To the end: what can't be done now is told on the server's page and tried again each hour."""
        name = request.step.replace("_", " ")
        while True:
            self._tell(name)
            try:
                return await self._tried(method, request)
            except ActivityError as error:
                cause, fix = cause_of(error)
                self._tell(f"{name} failed: {cause}; {fix}; tried again each hour")
                await workflow.sleep(AN_HOUR)
                self._continue_if_long()

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
