"""A workflow that puts something personal wherever Temporal keeps anything."""

import asyncio
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, ChildWorkflowError

with workflow.unsafe.imports_passed_through():
    from models.payload import Payload

SOON = timedelta(seconds=20)
CANARIES = tuple(
    f"canary-{place}-7f3k2m"
    for place in (
        *("input", "memo", "summary", "details", "current", "argument", "result", "heartbeat", "failure", "fault"),
        *(
            "timer",
            "activity",
            "child",
            "childs",
            "childfailure",
            "signal",
            "external",
            "update",
            "answer",
            "rejection",
        ),
        *("query", "told", "broken", "continued", "end", "cancelled"),
    )
)


class Confidence(Payload):
    """Something that nobody else may read."""

    text: str


def said(place: str) -> Confidence:
    return Confidence(text=f"canary-{place}-7f3k2m")


@activity.defn
async def confide(word: Confidence) -> Confidence:
    """Fails once, tells how far it is, and answers."""
    activity.heartbeat(said("heartbeat"))
    if activity.info().attempt == 1:
        raise ApplicationError(said("failure").text, said("fault"), type="Shy")
    assert activity.info().heartbeat_details == [said("heartbeat").model_dump()]
    return said("result")


@activity.defn
async def linger(word: Confidence) -> None:
    """Waits until it is cancelled, and says why it didn't like that."""
    while True:
        activity.heartbeat(said("heartbeat"))
        try:
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            raise ApplicationError(said("cancelled").text, said("cancelled"), non_retryable=True) from None


@workflow.defn(sandboxed=False)
class Whisper:
    """A child: hears, is told something, and fails or answers."""

    def __init__(self) -> None:
        self.heard: list[Confidence] = []

    @workflow.run
    async def run(self, word: Confidence) -> Confidence:
        await workflow.wait_condition(lambda: bool(self.heard))
        if word == said("childfailure"):
            raise ApplicationError(word.text, word)
        return said("childs")

    @workflow.signal
    def hear(self, word: Confidence) -> None:
        self.heard.append(word)


@workflow.defn(sandboxed=False)
class Confiding:
    """Every kind of thing that a workflow hands to the server, once; then once more as new."""

    broken = True
    """A class is the same at every attempt: the first one fails as a bug of ours does."""

    def __init__(self) -> None:
        self.heard: list[Confidence] = []

    @workflow.run
    async def run(self, word: Confidence) -> Confidence:
        if word == said("continued"):
            return said("end")
        workflow.set_current_details(said("current").text)
        await workflow.sleep(timedelta(milliseconds=10), summary=said("timer").text)
        if Confiding.broken:
            Confiding.broken = False
            raise RuntimeError(said("broken").text)
        await self._asks()
        await self._calls()
        await workflow.wait_condition(lambda: len(self.heard) >= 2 and workflow.all_handlers_finished())
        return workflow.continue_as_new(said("continued"))

    async def _asks(self) -> None:
        retries = RetryPolicy(initial_interval=timedelta(milliseconds=10), maximum_attempts=2)
        await workflow.execute_activity(
            confide,
            said("argument"),
            start_to_close_timeout=SOON,
            retry_policy=retries,
            summary=said("activity").text,
        )
        once = RetryPolicy(maximum_attempts=1)
        try:
            await workflow.execute_activity(confide, said("argument"), start_to_close_timeout=SOON, retry_policy=once)
        except ActivityError as error:
            workflow.logger.info("as expected: %s", type(error.cause).__name__)
        await self._cancels(once)

    async def _cancels(self, once: RetryPolicy) -> None:
        waiting = workflow.start_activity(
            linger,
            said("argument"),
            start_to_close_timeout=SOON,
            heartbeat_timeout=timedelta(seconds=0.5),
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            retry_policy=once,
        )
        await workflow.sleep(timedelta(milliseconds=50))
        waiting.cancel()
        try:
            await waiting
        except ActivityError as error:
            workflow.logger.info("as expected: %s", type(error.cause).__name__)

    async def _calls(self) -> None:
        case = workflow.info().workflow_id.removeprefix("offboarding-")
        for kind, word in (("follow-up", said("child")), ("closing", said("childfailure"))):
            name = f"{kind}-{case}"
            child = await workflow.start_child_workflow(
                Whisper.run, word, id=name, static_summary=said("summary").text, memo={"word": said("memo")}
            )
            await workflow.get_external_workflow_handle(name).signal(Whisper.hear, said("external"))
            try:
                await child
            except ChildWorkflowError as error:
                workflow.logger.info("as expected: %s", type(error.cause).__name__)

    @workflow.signal
    def hear(self, word: Confidence) -> None:
        self.heard.append(word)

    @workflow.update
    def tell(self, word: Confidence) -> Confidence:
        self.heard.append(word)
        return said("answer")

    @tell.validator
    def _may_tell(self, word: Confidence) -> None:
        if word == said("rejection"):
            raise ApplicationError(word.text, word)

    @workflow.query
    def asked(self, word: Confidence) -> Confidence:
        return said("told")
