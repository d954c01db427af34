"""`farewell demo`: one whole exit of the sample company, from fresh state, on real servers."""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from temporalio.client import WorkflowUpdateFailedError

from commands.printing import say, show
from commands.refused import Exit, Refused
from models.case import CaseState, Task
from models.payload import Personal
from models.updates import Approve, ResolveTask
from models.vocabulary import Gate, MailKind, Mode, Reason, Role, Stage, TaskKind, TaskOutcome
from rules.gates import gate_digest

if TYPE_CHECKING:
    from commands.demo_customer import DemoCustomer
    from devstack.play import Play
    from devstack.running import Running

WHO = {Role.ACCOUNT_MANAGER: "ana", Role.APPROVER: "bruno", Role.COMPLIANCE: "felipe", Role.ENGINEER: "eva"}
_A_WORKING_DAY = timedelta(hours=6)
_DONE = {"outcome": TaskOutcome.DONE, "reason": Personal(text="done")}
Tell = Callable[[datetime | None, str, str], None]


def play_demo(account: str, *, as_json: bool) -> None:
    """Plays one whole exit from fresh state, and tells it; `farewell demo` is mounted by `commands.embedded`."""
    began = time.monotonic()
    from connectors.opening import home
    from devstack.preparing import start_afresh

    folder = home().resolve() if as_json else home()  # a script may stand elsewhere when it opens the files
    start_afresh(folder)
    result = asyncio.run(_played(folder, account, _silent if as_json else _told))
    result["wall_seconds"] = round(time.monotonic() - began, 1)
    if as_json:
        show(result)
    else:
        _say_where(result, folder / "demo")


async def _played(home: Path, account: str, tell: Tell) -> dict[str, Any]:
    from commands.demo_customer import DemoCustomer
    from commands.keepsakes import keep
    from devstack.running import running

    tell(None, "", "starting Temporal, S3 and SMTP on loopback, and the sample company Bancada …")
    async with running(home) as here:
        tell = _local(tell, here.connections.directory.facts(account).account.timezone)
        play = await _begin(here, account, tell)
        customer = DemoCustomer(here, (await play.state()).case, home / "demo" / "pages")
        try:
            await _exit(here, play, customer, tell)
        except TimeoutError as stuck:
            raise Refused(Exit.BUG, f"the demo got stuck: {stuck}", f"see {home / 'farewell.log'}") from None
        await customer.looks_back()
        await _peace(here, play, tell)
        tell(None, "", "fetching and checking what customer and auditor get …")
        return await keep(here, account, home / "demo")


async def _begin(here: "Running", account: str, tell: Tell) -> "Play":
    from commands.beginning import Asked, begin
    from devstack.play import Play

    facts = here.connections.directory.facts(account)
    asked = Asked(account, "ana", Mode.STOP, Reason.TOO_LITTLE_USE, None, None, None)
    await asyncio.to_thread(begin, here.connections, asked)
    case = here.connections.cases.case(account) or {}
    play = Play(here, account, case["workflow_id"])
    opened = (await play.state()).opened_at
    tell(opened, "ana", f"asks for the exit of {facts.account.name} (case {case['id']})")
    return play


async def _exit(here: "Running", play: "Play", customer: "DemoCustomer", tell: Tell) -> None:
    """The stages, each with the people who speak in it."""
    await customer.chooses()
    tell((await play.state()).opened_at, "customer", "chooses hours, tells the reason, declines the one offer: a pause")
    await _approve_plan(play, tell)
    state = await _let_teams_work(play, tell)
    dates = state.agreed.dates if state.agreed else {}
    await play.move(dates["effective_date"])
    await _hand_over(here, await play.reach(Stage.SETTLE, Stage.RETRIEVAL), tell)
    await _said_goodbye(play, customer, tell)
    await play.move(dates["late_usage_end"])
    state = await play.until(lambda s: s.statement_digest is not None)
    tell(dates["late_usage_end"], "farewell", f"closes the final statement: {await _statement(here, state)}")
    await _approve_erasure(play, tell)
    await _erased(here, play, state, tell)


async def _let_teams_work(play: "Play", tell: Tell) -> CaseState:
    """Those of ours whom it concerns, each told what to do and by when; who says that it's done is asked no more."""
    state = await play.reach(Stage.NOTICE)
    requested = state.agreed.dates["requested"] if state.agreed else state.opened_at
    tell(requested, "farewell", "serves notice, stops the renewal, tells the customer what happens when")
    tell(requested, "farewell", "briefs the account's manager, and tells four teams what is theirs to do")
    state = await play.until(lambda s: len(_of_teams(s)) > 0)
    for task in _of_teams(state):
        await play.say(WHO[task.owner], "resolve_task", ResolveTask, task=task.id, **_DONE)
    tell(requested, ", ".join(sorted({WHO[task.owner] for task in _of_teams(state)})), "say that their part is done")
    return state


def _of_teams(state: CaseState) -> list[Task]:
    return [task for task in state.tasks if task.kind is TaskKind.STAKEHOLDER]


async def _said_goodbye(play: "Play", customer: "DemoCustomer", tell: Tell) -> None:
    """At the hours that they chose; the package and the survey are a link away."""
    state = await play.state()
    opens = state.agreed.openings.get("effective_date") if state.agreed else None
    await play.move((opens or state.opened_at) + _A_WORKING_DAY)
    at = await customer.hears_goodbye()
    tell(at, "farewell", "says goodbye: what they did with us, the package, the accounts, the way back")
    await customer.takes_the_package()
    await play.until(lambda s: s.accepted)
    tell(at, "customer", "fetches the package and accepts it; answers the survey, and nobody can tell who did")


async def _erased(here: "Running", play: "Play", state: CaseState, tell: Tell) -> None:
    from devstack.leaving import past_the_window

    dates = state.agreed.dates if state.agreed else {}
    end = state.retrieval_end or dates["retrieval_end"]
    await past_the_window(play, end)
    await play.certified()
    tell(end, "farewell", "the window is over, all six gates are open: erases, counts again, finds nothing")
    tell(end, "farewell", "destroys the account's key, signs the certificate, seals the evidence, tells the customer")
    await _processors_confirm(here, state.account)
    tell(end, "dora", "records that the newsletter service, too, has erased what it held")


async def _approve_plan(play: "Play", tell: Tell) -> None:
    state = await play.reach(Stage.APPROVAL)
    digest = gate_digest(Gate.PLAN, state) or ""
    try:
        await play.say("ana", "approve", Approve, gate=Gate.PLAN, hash=digest)
    except WorkflowUpdateFailedError as no:
        tell(state.opened_at, "ana", f"tries to approve it herself, and is refused: {getattr(no.cause, 'message', no)}")
    await play.say("bruno", "approve", Approve, gate=Gate.PLAN, hash=digest)
    tell(state.opened_at, "bruno", f"approves the plan {digest[:19]}…")


async def _approve_erasure(play: "Play", tell: Tell) -> None:
    state = await play.state()
    digest = gate_digest(Gate.ERASURE, state) or ""
    for person in ("carla", "dora"):
        await play.say(person, "approve", Approve, gate=Gate.ERASURE, hash=digest)
        tell(None, person, f"approves the erasure of exactly this: {digest[:19]}…")


async def _hand_over(here: "Running", state: CaseState, tell: Tell) -> None:
    from commands.export import fetch_package, verify_package

    package = state.package
    if package is None:
        raise TimeoutError("there is no package")
    at = package.verified_at
    tell(at, "farewell", f"packs {package.rows:,} rows into {package.files} files, reads them back, counts again")
    tell(at, "farewell", "closes users, sessions, keys and hooks, ends the contract")
    folder = here.stack.home / "demo" / "package"
    await asyncio.to_thread(fetch_package, here.connections.objects, package.location, folder)
    findings = await asyncio.to_thread(verify_package, str(folder), None)
    if findings:
        raise Refused(Exit.WRONG, f"the package is not sound: {findings[0]}")


async def _statement(here: "Running", state: CaseState) -> str:
    kept = await asyncio.to_thread(here.connections.cases.documents, state.case, "statement")
    (here.stack.home / "demo" / "statement.json").write_text(
        json.dumps(kept[-1]["statements"], ensure_ascii=False, indent=2), encoding="utf-8"
    )
    totals = [f"{s['total']} {s['currency']} in {len(s['lines'])} lines" for s in kept[-1]["statements"]]
    return ", ".join(totals) or "nothing was open"


async def _processors_confirm(here: "Running", account: str) -> None:
    """Those that are asked by mail answer people."""
    from commands.processors import record

    case = here.connections.cases.case(account) or {}
    for each in here.connections.inventory.processors:
        await record(here.connections, case, each.name, "dora", "their letter")


async def _peace(here: "Running", play: "Play", tell: Tell) -> None:
    """The follow-ups, months later: each at its instant, then none."""
    case = (await play.closing()).case
    follow_ups = here.client.get_workflow_handle(f"follow-up-{case}")
    while touch := (await follow_ups.query("follow_up"))["next"]:
        kind, at = touch["kind"], datetime.fromisoformat(touch["at"])
        await play.move(at)
        await _sent(here, case, kind)
        tell(at, "farewell", f"writes once more: {MailKind(kind).replace('_', ' ')}")
    await follow_ups.result()
    tell(None, "farewell", "leaves them in peace")


async def _sent(here: "Running", case: str, kind: str) -> None:
    """Waits until a message of this kind is out."""
    while all(m.kind != kind or m.sent_at is None for m in here.connections.outbox.messages(case)):  # noqa: ASYNC110  # another process
        await asyncio.sleep(0.05)


def _told(at: datetime | None, who: str, what: str) -> None:
    day = f"{at:%-d %b %Y}" if at else ""
    say(f"{day:>12}  {who:<9} {what}")


def _local(tell: Tell, zone: str) -> Tell:
    """Days as the customer's calendar has them. Source: DOMAIN dates.1."""
    return lambda at, who, what: tell(at.astimezone(ZoneInfo(zone)) if at else None, who, what)


def _silent(_at: datetime | None, _who: str, _what: str) -> None:
    """With --json only the last line speaks."""


def _say_where(result: dict[str, Any], folder: Path) -> None:
    days = (datetime.fromisoformat(result["closed_at"]) - datetime.fromisoformat(result["opened_at"])).days
    say("")
    say(f"{result['account']} is gone, in {days} days of its own time and {result['wall_seconds']} s of yours.")
    say(f"What they and the auditor have, in {folder}:")
    say(f"  package       {result['package']}")
    say(f"  mails         {folder / 'mails'} ({len(result['mails'])}, over {_span(result['mails'])} days)")
    say(f"  papers        {folder / 'papers'}")
    say(f"  pages         {folder / 'pages'} (as the customer saw them)")
    say(f"  statement     {folder / 'statement.json'}")
    say(f"  certificate   {result['certificate']}")
    say(f"  evidence      {result['evidence']} ({result['ledger_entries']} ledger entries)")
    say(f"  its story     {folder / 'story.txt'}")
    say(f"Check it yourself: farewell audit verify {result['evidence']}")
    say("Look around in it, or play one by hand: farewell up")


def _span(mails: list[dict[str, Any]]) -> int:
    sent = [datetime.fromisoformat(mail["sent_at"]) for mail in mails]
    return (max(sent) - min(sent)).days if sent else 0
