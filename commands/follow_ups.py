"""The messages after the goodbye: where they stand, and the end of them."""

import uuid
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import AccountArgument, As, Json, Why
from commands.printing import say, show
from models.vocabulary import StopGround

if TYPE_CHECKING:
    from connectors.opening import Connections
    from models.follow_ups import FollowUpState


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    follow_ups = typer.Typer(help="The messages after the goodbye.", no_args_is_help=True)
    follow_ups.command("show")(show_state)
    follow_ups.command()(stop)
    app.add_typer(follow_ups, name="follow-up")


def show_state(account: AccountArgument, as_json: Json = False) -> None:
    """What was sent, what comes next, whom to call, or what has ended it."""
    import asyncio

    from commands.refused import Exit, Refused
    from commands.sending import follow_up_of
    from commands.session import case_of, connections
    from workflows.follow_up_steps import in_words

    at = connections()
    case = case_of(at, account)
    state = asyncio.run(_asked(at, follow_up_of(case)))
    if state is None:
        what = f"no follow-ups of {case['id']} are running"
        raise Refused(Exit.NOT_FOUND, what, "they begin with the goodbye and end with the last message")
    if as_json:
        show(state.model_dump(mode="json"))
    else:
        say(f"{state.case}: {in_words(state)}")


def stop(
    account: AccountArgument,
    *,
    reason: Why = "",
    ground: Annotated[StopGround, typer.Option(help="On which ground.")] = StopGround.ASKED,
    who: As = None,
    as_json: Json = False,
) -> None:
    """No more messages."""
    from commands.decisions import tell
    from commands.sending import deliver_to, follow_up_of
    from commands.session import acting, case_of, connections
    from models.payload import Personal
    from models.updates import Stop

    at = connections()
    payload = Stop(actor=acting(at, who), key=uuid.uuid4().hex, ground=ground, reason=Personal(text=reason))
    case = case_of(at, account)
    tell(deliver_to(at, case, follow_up_of(case), "stop", payload), as_json=as_json)


async def _asked(at: "Connections", workflow: str) -> "FollowUpState | None":
    """None: it has ended, or never began."""
    from temporalio.client import WorkflowExecutionStatus
    from temporalio.service import RPCError, RPCStatusCode

    from connectors.errors import Gone
    from connectors.temporal import connect_temporal
    from models.follow_ups import FollowUpState

    handle = (await connect_temporal(at.keys)).get_workflow_handle(workflow)
    try:
        if (await handle.describe()).status is not WorkflowExecutionStatus.RUNNING:
            return None
        state: FollowUpState = await handle.query("follow_up", result_type=FollowUpState)
    except Gone:
        return None
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
    return state
