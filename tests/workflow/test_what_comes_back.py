"""A mail of a running case comes back, on a real Temporal. Source: DOMAIN messages.5, messages.8."""

from datetime import UTC, datetime

import pytest

from commands.hearing import hear
from devstack.running import Running
from models.messages import Kept
from models.vocabulary import Heard, MailKind, Role, Stage, TaskKind, TaskOutcome
from rules.incoming import heard_in
from tests.unit.incoming_mails import THANKS, dsn, reply
from tests.workflow.exits import begun

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_messages_5_a_plan_that_bounced_is_somebody_s_task_and_the_case_goes_on(
    here: Running, account: str
) -> None:
    play = await begun(here, account)
    await play.plan_agreed()
    outbox, domain = here.connections.outbox, here.connections.policy.sender.address.rpartition("@")[2]

    def plans() -> list[Kept]:
        return [kept for kept in outbox.messages(play.case) if kept.kind is MailKind.PLAN]

    await play.until(lambda _: len(plans()) == 1)
    [plan] = plans()
    for raw in (dsn(), dsn(), reply()):
        echo = heard_in(raw.replace(THANKS.encode(), plan.message_id.encode()), domain)
        assert echo is not None
        assert await hear(here.connections, here.client, echo, datetime.now(UTC))
    state = await play.until(lambda s: any(task.kind is TaskKind.FINDING for task in s.tasks))
    [task] = [task for task in state.tasks if task.kind is TaskKind.FINDING]
    assert (task.step, task.owner, task.blocking, state.stage) == (
        "bounced_plan",
        Role.ACCOUNT_MANAGER,
        False,
        Stage.NOTICE,
    )
    assert outbox.message(plan.message_id).heard is Heard.BOUNCE, "the gravest word stays"
    assert here.connections.suppression.holds(plan.recipient) == "bounce"
    heard = [e.subject for e in here.connections.ledger.entries(play.case) if e.action == "message_heard"]
    assert heard == ["plan:bounce", "plan:reply"]
    await play.resolve(task, "ana", outcome=TaskOutcome.DONE)
    here.connections.suppression.lift(plan.recipient)
    await play.back("withdraw", Stage.WITHDRAWN)
