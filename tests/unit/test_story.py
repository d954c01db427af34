"""The story of a case: how it ended, stage by stage, the follow-ups last."""

from zoneinfo import ZoneInfo

import pytest

import worker
from commands.story import tell
from commands.story_words import ACTIONS
from tests.fakes.evidence import MemoryLedger
from tests.fakes.packs import fact
from tests.fakes.papers import AT


def story(*happened, zone=AT.tzinfo):
    """Each is (stage, action, subject, more); a minute lies between them."""
    ledger = MemoryLedger()
    for number, (stage, action, subject, *more) in enumerate(happened, start=1):
        about = {"stage": stage, "action": action, "subject": subject, "outcome": "done", **(more[0] if more else {})}
        ledger.append(fact(number, **about), None)
    return tell(ledger.chain, zone).splitlines()


def test_retries_are_folded_and_stages_noted_by_their_headings_alone():
    mail = ("requested", "send_message", "acknowledgement")
    failed = {"outcome": "failed"}
    told = story(
        ("requested", "record_stage", "-"),
        (*mail, {"attempt": 1, **failed}),
        (*mail, {"attempt": 2, **failed}),
        (*mail, {"attempt": 3}),
        ("approval", "record_stage", "-", failed),
        ("approval", "approve", "-", {"actor": "ana", "outcome": "refused"}),
        ("approval", "approve", "plan", {"actor": "bruno"}),
        ("approval", "reinstate", "-", {"actor": "customer", "outcome": "refused"}),
    )
    assert told[:-1] == [
        "The exit of acme was asked for on 1 March 2026. Where it stands: Waiting for approval of the plan.",
        "",
        "The request",
        "  2026-03-01 12:04 UTC  Farewell wrote to the customer (acknowledgement), at the third attempt",
        "",
        "Waiting for approval of the plan",
        "  2026-03-01 12:05 UTC  Farewell noted where the case stands: FAILED",
        "  2026-03-01 12:06 UTC  ana asked to approve and was refused by a rule",
        "  2026-03-01 12:07 UTC  bruno approved (plan)",
        "  2026-03-01 12:08 UTC  The customer asked to have the account back and was refused by a rule",
        "",
    ]
    assert told[-1].startswith("The chain of 8 entries verifies; its head is ")


def test_no_heading_jumps_back_and_the_follow_ups_come_last():
    told = story(
        ("retrieval", "plan_follow_ups", "-"),
        ("settle", "close_statement", "-"),
        ("retrieval", "accept_export", "-", {"actor": "customer"}),
        ("settle", "send_message", "statement"),
        ("retrieval", "send_message", "thanks"),
        ("erase", "recount", "-"),
        ("closed", "release_key", "-"),
        ("retrieval", "send_message", "survey_reminder"),
        ("retrieval", "release_key", "-"),
    )
    headings = [line for line in told[1:-1] if line and not line.startswith(" ")]
    assert headings == [
        "The money is settled",
        "The customer fetches the data",
        "Erasure: the point of no return is passed",
        "After the end: what was still watched",
        "Afterwards: the messages that the goodbye promised",
    ]
    assert told[-4].endswith("wrote to the customer (survey reminder)")


def test_runs_of_one_action_are_one_line_but_a_retry_shows():
    told = story(
        *(("erase", "purge", name) for name in ("task", "team")),
        ("erase", "purge", "site", {"attempt": 2}),
        *(("erase", "purge", f"table_{number}") for number in range(20)),
    )
    assert told[3] == "  2026-03-01 12:01 UTC  Farewell erased what the plan says in 2 data sets: task, team"
    assert (
        told[4]
        == "  2026-03-01 12:03 UTC  Farewell erased what the plan says in a data set (site), at the second attempt"
    )
    assert told[5].startswith("  2026-03-01 12:04 UTC  Farewell erased what the plan says in 20 data sets: table_0, ")
    assert max(map(len, told[1:-1])) <= 110


def test_the_headings_come_in_the_order_of_an_eject_and_a_pause_says_when_it_began():
    put_out = story(
        ("approval", "approve", "plan", {"actor": "bruno"}),
        ("deprovision", "gate_credentials", "-"),
        ("export", "plan_package", "-"),
        ("terminate", "terminate_contract", "-"),
    )
    assert [line for line in put_out[1:-1] if line and not line.startswith(" ")] == [
        "Waiting for approval of the plan",
        "Access is closed",
        "The customer's data is packed",
        "The contract ends",
    ]
    paused = story(("requested", "request", "-", {"actor": "ana"}), ("paused", "suspend_charges", "-"))
    assert paused[0] == "acme paused on 1 March 2026. Where it stands: The account is paused."


def test_modes_4_a_stop_out_of_a_pause_comes_to_the_same_stages_again():
    told = story(
        ("notice", "record_stage", "-"),
        ("notice", "send_message", "notice"),
        ("paused", "record_stage", "-"),
        ("paused", "change_mode", "-", {"actor": "ana"}),
        ("notice", "send_message", "paused"),
        ("notice", "record_stage", "-"),
        ("notice", "serve_notice", "-"),
    )
    assert [line.partition("  Farewell ")[2] or line for line in told[1:-1] if line] == [
        "The notice period",
        "wrote to the customer (notice)",
        "The account is paused",
        "  2026-03-01 12:04 UTC  ana asked for another way out",
        "wrote to the customer (paused)",
        "The notice period",
        "told the contract system when the contract ends",
    ]


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (("certify", "close_case", "-"), ", and acme was gone on 1 March 2026: its data erased and counted again"),
        (("withdrawn", "record_stage", "-"), "and acme stayed: on 1 March 2026 the request was withdrawn."),
        (("reinstated", "record_stage", "-"), "and acme stayed: on 1 March 2026 the account was reinstated."),
        (("resumed", "record_stage", "-"), "and acme stayed: on 1 March 2026 the account was resumed."),
        (("refused", "record_stage", "-"), "and acme stayed: on 1 March 2026 the plan was refused, or nobody"),
    ],
)
def test_the_first_line_sums_up_who_left_and_how_it_ended(last, said):
    told = story(("requested", "request", "-", {"actor": "ana"}), last)
    assert told[0].startswith("The exit of acme was asked for on 1 March 2026")
    assert said in told[0]


@pytest.mark.parametrize(
    ("action", "subject", "actor", "said"),
    [
        (
            "message_heard",
            "survey_reminder:reply",
            "customer",
            "The customer answered a message (survey reminder, reply)",
        ),
        ("message_heard", "thanks:opt_out", "customer", "The customer opted out (thanks, opt out)"),
        ("message_heard", "thanks:bounce", "farewell", "Farewell noted what came back of a message (thanks, bounce)"),
        ("note_call", "thanks:skipped:not_reached", "ana", "(thanks, skipped, not reached)"),
    ],
)
def test_what_became_of_a_message_is_told_in_words(action, subject, actor, said):
    told = story(("requested", "record_stage", "-"), ("requested", action, subject, {"actor": actor}))
    assert any(said in line for line in told)


def test_times_are_those_of_the_zone_that_is_given():
    assert "2026-03-01 13:01 CET" in story(("requested", "make_plan", "-"), zone=ZoneInfo("Europe/Madrid"))[3]


def test_it_says_when_its_chain_is_broken():
    ledger = MemoryLedger()
    for number in (1, 2, 3):
        ledger.append(fact(number), None)
    assert tell([ledger.chain[0], ledger.chain[2]]).endswith(
        "THE CHAIN IS BROKEN at entry 2: entry 3 stands in the place of entry 2."
    )
    assert tell([]) == "The ledger of this case is empty."


def test_every_effect_has_words_for_somebody_who_has_never_seen_a_workflow_engine():
    classes = [each for name, each in vars(worker).items() if name.endswith("Activities")]
    methods = [getattr(each, name) for each in classes for name in dir(each)]
    names = {method.__name__ for method in methods if hasattr(method, "__temporal_activity_definition")}
    assert len(names) > 50
    assert names - ACTIONS.keys() == {
        "record_decision",
        "standing_holds",
        "obstacles",
    }  # told by what was decided; no effect


def test_sub_processors_are_asked_and_what_was_watched_is_told_after_the_end():
    told = story(
        *(("erase", "purge", name) for name in ("processor/mailer", "processor/crm", "task")),
        ("certify", "destroy_account_key", "-"),
        ("certify", "close_case", "-"),
        ("closed", "scan_after_end", "-"),
        ("closed", "seal_supplement", "scan"),
        ("closed", "processor_confirmed", "crm", {"actor": "dora"}),
        ("closed", "seal_supplement", "chase"),
    )
    said = [line.partition("UTC  ")[2] or line for line in told if line]
    assert "the evidence sealed. Since then 2 supplements were sealed, the last on 1 March 2026." in told[0]
    assert "Farewell asked 2 sub-processors to erase what they hold: mailer, crm" in said
    assert "Farewell erased what the plan says in a data set (task)" in said
    assert said[said.index("After the end: what was still watched") + 1 : -1] == [
        "Farewell looked again, after the end, for anything that still lets somebody in",
        "Farewell sealed a supplement to the evidence (after the look for ways in)",
        "dora recorded that a sub-processor has confirmed (crm)",
        "Farewell sealed a supplement to the evidence (after the look at a sub-processor)",
    ]
