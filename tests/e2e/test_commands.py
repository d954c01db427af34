"""The command line against the whole embedded stack, each command a process of its own, as people run them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

FAREWELL = Path(sys.executable).with_name("farewell")
ACCOUNT = "acc_7f3k2m"
SECOND, THIRD = "acc_2hw8te", "acc_w6d2pa"
PAUSING, PUT_OUT, STAYING = "acc_t3j7ku", "acc_8vzc5h", "acc_d2m0xq"


class Shell:
    """Runs `farewell` in a home of its own."""

    def __init__(self, home: Path) -> None:
        outside = {k: v for k, v in os.environ.items() if not k.startswith(("FAREWELL_", "TEMPORAL_", "AWS_"))}
        self.environment = {**outside, "FAREWELL_HOME": str(home)}

    def run(self, *words: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [FAREWELL, *words], env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert "Traceback" not in done.stdout + done.stderr
        return done.returncode, done.stdout, done.stderr

    def follow(self, *words: str) -> Iterator[str]:
        """The lines of a command, as they come; it ends when nobody reads on."""
        with subprocess.Popen([FAREWELL, *words], env=self.environment, stdout=subprocess.PIPE, text=True) as running:
            try:
                yield from running.stdout or ()
            finally:
                running.kill()

    def json(self, *words: str) -> Any:
        code, out, err = self.run(*words, "--json")
        assert code == 0, err
        return json.loads(out)

    def refused(self, code: int, *words: str) -> str:
        """The one line of a command that must stop with this code."""
        stopped, _, err = self.run(*words)
        assert (stopped, err.count("\n")) == (code, 1), err
        return err


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """`farewell up` beside the tests, ended as Ctrl-C ends it."""
    shell = Shell(tmp_path_factory.mktemp("farewell"))
    up = subprocess.Popen(
        [FAREWELL, "up"], env=shell.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert up.stdout is not None
    with up:
        try:
            told = []
            for line in up.stdout:
                told.append(line)
                if "Ctrl-C" in line:
                    break
            assert "Ctrl-C" in "".join(told), told
            yield shell
        finally:
            up.send_signal(signal.SIGINT)
            up.wait(60)


def test_doctor_finds_nothing_wrong_with_the_embedded_stack(shell: Shell) -> None:
    code, out, _ = shell.run("doctor")
    assert (code, "wrong" in out) == (0, False), out


def test_preview_and_the_plan_that_waits_for_approval_have_the_same_hash(shell: Shell) -> None:
    preview = shell.json("preview", ACCOUNT)
    assert {"hash", "commitments", "estimates", "approvals_required", "blockers"} <= preview.keys()
    begun = shell.json("start", ACCOUNT, "--reason", "price", "--language", "es", "--wait")
    assert begun["stage"] == "approval"
    assert begun["waiting_for"]["kind"] == "approval"
    assert begun["plan_hash"] == preview["hash"]
    assert begun["to_approve"] == {"gate": "plan", "hash": preview["hash"]}


def test_an_account_that_already_leaves_answers_with_its_case(shell: Shell) -> None:
    again = shell.json("start", ACCOUNT, "--reason", "other")
    assert again["case"] == f"{ACCOUNT}-1"
    assert [case["case"] for case in shell.json("list")] == [f"{ACCOUNT}-1"]
    listed = {each["id"]: each for each in shell.json("accounts")}
    assert listed[ACCOUNT]["case"] == f"{ACCOUNT}-1"
    assert listed[SECOND]["case"] is None


def test_approvals_are_bound_to_the_hash_and_to_people(shell: Shell) -> None:
    at_gate = ("approve", ACCOUNT, "--gate", "plan", "--hash")
    digest = shell.json("status", ACCOUNT)["plan_hash"]
    assert "hash" in shell.refused(4, *at_gate, "sha256:0", "--as", "bruno")
    shell.refused(4, *at_gate, digest, "--as", "ana")
    assert shell.json(*at_gate, digest, "--as", "bruno")["case"] == f"{ACCOUNT}-1"
    shell.refused(4, *at_gate, digest, "--as", "bruno")
    entries = shell.json("audit", ACCOUNT)["entries"]
    assert [(e["actor"], e["outcome"]) for e in entries if e["action"] == "approve"][:2] == [
        ("bruno", "refused"),
        ("ana", "refused"),
    ]


def test_what_is_too_early_or_unknown_is_refused_with_its_reason(shell: Shell) -> None:
    assert "withdraw" in shell.refused(4, "reinstate", ACCOUNT)
    shell.refused(4, "accept", ACCOUNT)
    shell.refused(4, "resolve", ACCOUNT, "task-99", "--outcome", "retry", "--as", "eva")
    shell.refused(3, "export", "fetch", ACCOUNT, "--to", "nowhere")
    shell.refused(3, "audit", "fetch", ACCOUNT, "--to", "nowhere")


def test_a_withdrawn_exit_ends_and_the_account_may_leave_again(shell: Shell) -> None:
    assert shell.json("withdraw", ACCOUNT, "--reason", "we stay")["case"] == f"{ACCOUNT}-1"
    code, out, _ = shell.run("watch", ACCOUNT)
    assert (code, "withdrawn" in out) == (0, True)
    assert shell.json("status", ACCOUNT)["stage"] == "withdrawn"
    assert "has ended" in shell.refused(4, "withdraw", ACCOUNT)
    assert shell.json("start", ACCOUNT, "--reason", "price")["case"] == f"{ACCOUNT}-2"


def test_two_starts_at_once_make_one_case(shell: Shell) -> None:
    words = [FAREWELL, "start", SECOND, "--reason", "price", "--json"]
    both = [subprocess.Popen(words, env=shell.environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [json.loads(each.communicate(timeout=60)[0]) for each in both]
    assert [each.returncode for each in both] == [0, 0]
    assert {answer["case"] for answer in answers} == {f"{SECOND}-1"}


def test_a_hold_stands_on_the_running_case_until_two_people_release_it(shell: Shell) -> None:
    shell.json("start", THIRD, "--reason", "price", "--wait")
    held = shell.json("hold", THIRD, "--ground", "court order", "--as", "dora")
    assert held["hold"]
    shell.refused(4, "hold", THIRD, "--confirm", "--as", "dora")
    shell.refused(4, "release", THIRD, "--as", "ana")
    assert "second" in shell.json("release", THIRD, "--as", "dora")["text"]


def test_ways_out_stand_side_by_side_and_a_preview_changes_nothing(shell: Shell) -> None:
    before = shell.json("list")
    modes = shell.json("preview", STAYING, "--compare", "stop,pause,eject")
    assert [plan["commitments"]["mode"] for plan in modes] == ["stop", "pause", "eject"]
    assert len({plan["hash"] for plan in modes}) == 3
    days = shell.json("preview", STAYING, "--effective", _in_days(60), "--effective", _in_days(90))
    assert [plan["commitments"]["dates"]["effective_date"]["at"][:10] for plan in days] == [_in_days(60), _in_days(90)]
    code, out, _ = shell.run("preview", STAYING, "--compare", "stop,pause,eject")
    assert (code, "eject (customer demand)" in out, "Nothing has been changed." in out) == (0, True, True)
    assert shell.json("list") == before


def test_what_does_not_go_together_is_one_line(shell: Shell) -> None:
    start = ("start", STAYING, "--reason", "price")
    assert "needs a cause" in shell.refused(2, *start, "--mode", "eject")
    assert "only an eject has a cause" in shell.refused(2, *start, "--cause", "fraud")
    assert "only a pause resumes" in shell.refused(2, *start, "--resume", _in_days(30))
    assert "no modes" in shell.refused(2, "preview", STAYING, "--compare", "stop,leave")
    assert "leave --mode out" in shell.refused(2, "preview", STAYING, "--compare", "stop,pause", "--mode", "eject")
    pause = (*start, "--mode", "pause")
    assert "days at most" in shell.refused(4, *pause, "--resume", _in_days(4000))
    assert _in_days(9) in shell.refused(4, *pause, "--effective", _in_days(10), "--resume", _in_days(9))
    assert shell.json("preview", STAYING)["commitments"]["mode"] == "stop"


def test_a_pause_says_until_when_moves_and_ends_early(shell: Shell) -> None:
    begun = shell.json(
        "start", PAUSING, "--mode", "pause", "--reason", "too_little_use", "--resume", _in_days(60), "--wait"
    )
    assert (begun["mode"], begun["resume_date"][:10]) == ("pause", _in_days(60))
    _approve(shell, begun, "bruno")
    shell.json("skip", PAUSING, "--days", "3")
    _wait_for(shell, PAUSING, "paused")
    assert f"paused until {_in_days(60)}" in shell.run("status", PAUSING)[1]
    stop = shell.json("preview", PAUSING)["commitments"]
    assert stop["dates"]["billing_end"]["at"][:10] == _in_days(1), "nothing is charged between the pause and the end"
    assert "already pauses" in shell.run("start", PAUSING, "--reason", "price")[1]
    shell.json("reschedule", PAUSING, "--to", _in_days(70))
    assert shell.json("status", PAUSING)["resume_date"][:10] == _in_days(70)
    changed = shell.json("change-mode", PAUSING, "--mode", "stop", "--reason", "it is final")
    assert "stop is planned" in changed["text"]
    shell.json("resume", PAUSING, "--reason", "we are back")
    code, out, _ = shell.run("watch", PAUSING)
    assert (code, "resumed" in out) == (0, True)
    story = shell.run("audit", PAUSING)[1]
    assert f"{PAUSING} paused on " in story
    assert "the account was resumed" in story


def test_an_eject_names_its_cause_and_needs_two(shell: Shell) -> None:
    words = ("--mode", "eject", "--cause", "non_payment", "--reason", "other", "--wait")
    begun = shell.json("start", PUT_OUT, *words)
    assert (begun["mode"], begun["cause"]) == ("eject", "non_payment")
    assert "mode eject (non payment)" in shell.run("status", PUT_OUT)[1]
    _approve(shell, begun, "bruno")
    assert shell.json("status", PUT_OUT)["stage"] == "approval"
    _approve(shell, begun, "carla")
    _wait_for(shell, PUT_OUT, "settle", "retrieval")
    stages = [e["stage"] for e in shell.json("audit", PUT_OUT)["entries"] if e["action"] == "record_stage"]
    assert stages.index("deprovision") < stages.index("export")


def _in_days(number: int) -> str:
    """A day of a customer in Spain, counted from the one on which the tests run."""
    return (datetime.now(ZoneInfo("Europe/Madrid")).date() + timedelta(days=number)).isoformat()


def _approve(shell: Shell, begun: dict[str, Any], person: str) -> None:
    gate = begun["to_approve"]
    shell.json("approve", begun["account"], "--gate", gate["gate"], "--hash", gate["hash"], "--as", person)


def _wait_for(shell: Shell, account: str, *stages: str) -> None:
    """Until the worker has come so far."""
    for line in shell.follow("watch", account, "--json"):
        case = json.loads(line)
        assert {task["kind"] for task in case["tasks"]} <= {"stakeholder"}, case
        if case["stage"] in stages:
            return
