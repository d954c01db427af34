"""What follows the case: the key's end, the seal, watches for years. Source: DESIGN, Workflows; DOMAIN stages row 11."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.common import RetryPolicy

from commands.audits import fetch_pack
from commands.importing import Record, upsert
from commands.pack_check import check_pack
from commands.watched import watched
from devstack.running import Running
from models.closing import ClosingState, Obstacles, Watch
from models.vocabulary import Stage
from tests.workflow.closings import Outside, closing
from tests.workflow.exits import DAY, Exit, begun
from tests.workflow.impatient import ImpatientClosing
from tests.workflow.records import actions_of, rows_of
from tests.workflow.test_access import raise_a_zombie
from tests.workflow.test_money import charged
from workflows.looking import PATIENCE

pytestmark = pytest.mark.asyncio(loop_scope="session")
KUWAIT = "acc_9oa4xf"
PROOF = [
    *("record_stage", "collect_histories", "destroy_account_key", "sign_certificate", "seal_pack"),
    *("close_case", "send_message certificate", "plan_watches"),
]


def later(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


# -- by itself


async def test_erasure_6_the_key_goes_after_the_histories_and_before_the_certificate(here: Running) -> None:
    outside = Outside([])
    async with closing(here, outside) as play:
        state = await play.ended()
    assert outside.done == [*PROOF, "release_key"]
    assert (state.certified, state.sealed, state.step) == (True, "s3://evidence/a-1/", "closed")


async def test_a_step_that_fails_is_tried_again_and_none_is_done_twice(here: Running) -> None:
    outside = Outside([])
    outside.broken.add("destroy_account_key")
    async with closing(here, outside) as play:
        state = await play.until(lambda s: "failed" in s.step)
        told = "destroy account key failed: destroy_account_key is broken; mend it; tried again "
        assert state.step.startswith(told)
        assert (state.certified, outside.done) == (False, PROOF[:2])
        outside.broken.clear()
        await play.move(later(1 / 24))
        await play.ended()
    assert outside.done == [*PROOF, "release_key"]


async def test_messages_5_a_mail_server_that_is_down_for_days_delays_the_certificates_mail(
    here: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proof is done meanwhile; the mail goes once the server is back."""
    monkeypatch.setattr("workflows.retries.OUTSIDE", RetryPolicy(maximum_attempts=1))
    outside = Outside([])
    outside.broken, outside.lasting = {"send_message"}, False
    async with closing(here, outside) as play:
        for tries, hours in enumerate((0, 1, 3, 7, 15, 31), 1):
            await play.move(later(hours / 24))
            state = await play.until(lambda s, n=tries: s.mail_tries == n)
            assert state.sealed == "s3://evidence/a-1/"
        outside.broken.clear()
        await play.move(later(56 / 24))
        state = await play.ended()
    assert (state.certified, state.findings) == (True, ())
    assert outside.done.count("send_message certificate") == 1


async def test_messages_5_a_certificate_that_no_address_takes_is_told_and_holds_up_nothing(here: Running) -> None:
    outside = Outside([])
    outside.broken.add("send_message")
    async with closing(here, outside) as play:
        state = await play.ended()
    assert (state.certified, outside.failed) == (True, 1)
    assert state.findings == (
        "the customer was not sent the certificate, which farewell audit fetch ACCOUNT has: send_message is broken",
    )


async def test_erasure_6_a_hold_on_the_key_is_asked_after_once_a_day_and_tried_against_once(here: Running) -> None:
    """Each failure stays in the ledger: a hold may stand for years."""
    outside = Outside([])
    outside.broken.add("destroy_account_key")
    outside.met = Obstacles(hold="a-hold-1")
    async with closing(here, outside) as play:
        await play.until(lambda s: "failed" in s.step)
        for days in (1 / 24, 1.1, 2.2):
            looked = outside.looked
            await play.move(later(days))
            await play.until(lambda s, n=looked: outside.looked > n and "a-hold-1" in s.step)
        assert (outside.failed, outside.done) == (1, PROOF[:2])
        outside.broken.clear()
        outside.met = Obstacles()
        await play.move(later(3.3))
        await play.ended()
    assert outside.done == [*PROOF, "release_key"]


async def test_stages_3_a_sub_processor_is_chased_until_it_confirms_and_only_that_is_sealed(here: Running) -> None:
    """At the pace of the policy, then ever more rarely; by then compliance sees it."""
    outside = Outside([Watch(kind="chase", subject="newsletter", at=later(7), every_days=7)])
    due, never = 7, "chase newsletter: asked {} times, and it hasn't confirmed yet"
    async with closing(here, outside) as play:
        state = await play.until(lambda s: bool(s.watches))
        for asked, wait in enumerate((7, 7, 7, 14, 28, 30, 30), 1):
            await play.move(state.watches[0].at)
            state = await play.until(lambda s, n=asked: s.watches[0].turn == n + 1)
            due += wait
            assert state.findings == (() if asked < PATIENCE else (never.format(asked),))
            assert abs(state.watches[0].at - later(due)) < DAY
        assert (state.supplements, outside.results) == (0, [])
        outside.confirmed = True
        await play.confirm("newsletter")
        state = await play.ended()
    assert (state.supplements, state.findings, state.watches) == (1, (), ())
    assert [result["confirmed"] for result in outside.results] == ["yes"]
    assert len(set(outside.keys)) == len(outside.keys), "each request has a key of its own"


async def test_erasure_3_a_retained_set_under_a_hold_is_looked_at_each_day_and_never_tried(here: Running) -> None:
    outside = Outside([Watch(kind="retained", subject="invoice", at=later(3))])
    outside.met = Obstacles(hold="a-hold-1")
    async with closing(here, outside) as play:
        state = await play.until(lambda s: bool(s.watches))
        for _ in range(2):
            await play.move(state.watches[0].at)
            state = await play.until(lambda s, before=state: s.watches[0].at > before.watches[0].at)
            assert state.findings == ("retained invoice: waits for the release of hold a-hold-1",)
        assert "erase_retained invoice" not in outside.done
        outside.met = Obstacles()
        await play.move(state.watches[0].at)
        state = await play.ended()
    assert (outside.done.count("erase_retained invoice"), state.supplements, state.findings) == (1, 1, ())


async def test_messages_9_whoever_has_come_back_is_left_alone_by_the_closing_of_the_earlier_exit(here: Running) -> None:
    """Users, charges and invoices under the old keys are a live customer's again."""
    spared = [Watch(kind=kind, subject=f"a {kind}", at=later(3)) for kind in ("scan", "charges", "chase", "retained")]
    outside = Outside([*spared, Watch(kind="backups", at=later(4))])
    async with closing(here, outside) as play:
        await play.until(lambda s: bool(s.watches))
        outside.met = Obstacles(returned=True)
        await play.move(later(3))
        await play.until(lambda s: s.supplements == len(spared))
        await play.move(later(4))
        state = await play.ended()
    told = [result.get("returned") for result in outside.results]
    assert told == ["yes"] * len(spared) + [None]
    after = {step.partition(" ")[0] for step in outside.done[len(PROOF) :]}
    assert after == {"seal_supplement", "release_key"}
    assert len(state.findings) == len(spared)


async def test_a_watch_that_fails_is_told_and_tried_again_and_holds_up_no_other(here: Running) -> None:
    watches = [Watch(kind="scan", at=later(3)), Watch(kind="retained", subject="invoice", at=later(3.01))]
    outside = Outside(watches)
    outside.broken.add("scan_after_end")
    async with closing(here, outside) as play:
        await play.until(lambda s: bool(s.watches))
        await play.move(later(3.02))
        state = await play.until(lambda s: s.supplements == 1 and bool(s.findings))
        (finding,) = state.findings
        assert finding.startswith("scan: failed: scan_after_end is broken; mend it; tried again ")
        assert "erase_retained invoice" in outside.done
        outside.broken.clear()
        await play.move(later(3.1))
        state = await play.ended()
    assert (state.findings, state.supplements) == ((), 2)


async def test_trust_19_what_fell_due_while_nobody_worked_is_looked_at_once(here: Running) -> None:
    """Months late: each watch in its order, and a chase once, not for each week that passed."""
    due = [Watch(kind="scan", at=later(-400)), Watch(kind="chase", subject="newsletter", at=later(-393), every_days=7)]
    outside = Outside([*due, Watch(kind="backups", at=later(-310)), Watch(kind="scan", at=later(-370))])
    async with closing(here, outside) as play:
        state = await play.until(lambda s: s.supplements == 3 and s.watches[0].turn == 2)
        assert abs(state.watches[0].at - later(7)) < DAY
        looks = [step for step in outside.done[len(PROOF) :] if not step.startswith("seal")]
        assert looks == ["scan_after_end", "chase_processor newsletter", "scan_after_end"]
        outside.confirmed = True
        await play.confirm("newsletter")
        await play.ended()


async def test_stages_3_a_word_that_comes_before_there_is_a_plan_is_heard_when_there_is_one(here: Running) -> None:
    outside = Outside([Watch(kind="chase", subject="newsletter", at=later(7))])
    outside.broken.add("seal_pack")
    outside.confirmed = True
    async with closing(here, outside) as play:
        await play.until(lambda s: "failed" in s.step)
        await play.confirm("newsletter")
        await play.confirm("nobody")
        outside.broken.clear()
        await play.move(later(1 / 12))
        state = await play.ended()
    assert (state.supplements, outside.done.count("chase_processor newsletter")) == (1, 1)


async def test_a_closing_of_years_carries_on_by_new_runs(here: Running) -> None:
    """A run is never carried on in the middle of a proof, and knows what was done before."""
    years = [Watch(kind="backups", at=later(90)), *(Watch(kind="scan", at=later(days)) for days in (3, 30))]
    retained = [Watch(kind="retained", subject=name, at=later(6 * 365)) for name in ("invoice", "contract")]
    outside = Outside([*years, *retained])
    async with closing(here, outside, ImpatientClosing) as play:
        await play.until(lambda s: bool(s.watches))
        for days, sealed in ((3, 1), (30, 2), (90, 3), (6 * 365, 5)):
            await play.move(later(days))
            if sealed < len(years) + len(retained):
                await play.until(lambda s, n=sealed: s.supplements == n)
        state = await play.ended()
        assert await play.runs() > len(years)
    assert (state.supplements, state.certified, state.watches) == (5, True, ())
    assert outside.done[: len(PROOF)] == PROOF
    assert {outside.done.count(step) for step in PROOF} == {1}
    assert max(key for key in outside.keys if "scan_after_end" in key).endswith(":2")


# -- after a real exit


async def left(here: Running, account: str) -> tuple[Exit, ClosingState]:
    """An account that is gone, with all that is watched afterwards."""
    play = await begun(here, account)
    await play.to_gates_but()
    await play.window_over()
    await play.certified()
    return play, await play.until_closing(lambda s: bool(s.watches))


async def status(here: Running, account: str) -> dict[str, Any]:
    """What `farewell status` says of a closed case."""
    told = await asyncio.to_thread(watched, here.connections, here.connections.cases.case(account))
    assert told is not None
    return told


async def confirmed(here: Running, play: Exit, state: ClosingState) -> ClosingState:
    """A person has recorded that every sub-processor has erased all."""
    for watch in [watch for watch in state.watches if watch.kind == "chase"]:
        said = {"name": watch.subject, "by": "dora", "confirmed_at": datetime.now(UTC).isoformat()}
        at = here.connections.cases
        await asyncio.to_thread(
            at.keep_document, play.case, "processor_confirmed", f"{play.case}:{watch.subject}", said, later(0)
        )
        await here.client.get_workflow_handle(f"closing-{play.case}").signal("processor_confirmed", watch.subject)
    return await play.until_closing(lambda s: all(watch.kind != "chase" for watch in s.watches))


async def test_erasure_1_everything_is_watched_to_its_end_and_sealed_beside_the_pack(
    here: Running, account: str, tmp_path
) -> None:
    play, planned = await left(here, account)
    assert {"scan", "chase", "backups", "retained"} <= {watch.kind for watch in planned.watches}
    told = await status(here, account)
    assert [watch["kind"] for watch in told["watches"]] == [watch.kind for watch in planned.watches]
    state = await confirmed(here, play, planned)
    raise_a_zombie(here, account)
    while state.watches:
        await play.move(min(watch.at for watch in state.watches))
        state = await play.until_closing(lambda s, before=state: len(s.watches) < len(before.watches))
    await here.client.get_workflow_handle(f"closing-{play.case}").result()
    ended = {"step": "closed", "watches": [], "findings": [], "supplements": len(planned.watches)}
    assert await status(here, account) == ended
    done = actions_of(here, play.case)
    kinds = [watch.kind for watch in planned.watches]
    assert (done.count("scan_after_end"), done.count("erase_retained")) == (
        kinds.count("scan"),
        kinds.count("retained"),
    )
    assert (done.count("seal_supplement"), state.findings) == (len(kinds), ())
    assert {done.count(step) for step in ("destroy_account_key", "seal_pack", "close_case")} == {1}
    assert here.connections.access.counts(account) == {}, "what came back to life after the end is deleted"
    pack = tmp_path / "pack"
    await asyncio.to_thread(fetch_pack, here.connections, play.case, pack)
    report = await asyncio.to_thread(check_pack, pack, None)
    assert report.sound, report.findings


async def test_messages_9_what_a_customer_has_who_came_back_survives_every_watch_of_the_earlier_exit(
    here: Running, account: str
) -> None:
    play, state = await left(here, account)
    again = [Record("accounts", "line 1", {"id": account, "name": "Back again"})]
    assert (await asyncio.to_thread(upsert, here.connections.engine, again, dry_run=False))[1] == []
    raise_a_zombie(here, account)
    before = rows_of(here, account)
    while state.watches:
        await play.move(min(watch.at for watch in state.watches))
        state = await play.until_closing(lambda s, before=state: len(s.watches) < len(before.watches))
    await here.client.get_workflow_handle(f"closing-{play.case}").result()
    assert rows_of(here, account) == before
    done = actions_of(here, play.case)
    assert {"scan_after_end", "watch_charges", "chase_processor", "erase_retained"} & set(
        done[done.index("plan_watches") :]
    ) == set()


@pytest.mark.parametrize("account", [KUWAIT])
async def test_money_9_a_charge_after_the_seal_is_found_and_told(here: Running, account: str) -> None:
    play = await begun(here, account)
    state = await play.to_gates_but()
    charge_at = state.agreed.dates["billing_end"] + 45 * DAY
    await play.window_over()
    await play.certified()
    state = await play.until_closing(lambda s: bool(s.watches))
    look = next(watch for watch in state.watches if watch.kind == "charges")
    charged(here, account, charge_at, paid=True)
    await play.move(look.at)
    state = await play.until_closing(lambda s: any("charged after" in finding for finding in s.findings))
    assert "19.00" in "".join(state.findings)
    assert here.connections.cases.case(account)["stage"] == Stage.CLOSED
