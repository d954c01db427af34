"""Every recorded history still replays; without a server. How to record: `record.py`. Source: STYLE, Tests."""

import json
import re
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from tests.replay.broken import ForgetfulWorkflow
from worker import WORKFLOWS, strict_sandbox
from workflows.export import ExportWorkflow

FOLDER = Path(__file__).with_name("histories")
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
ENOUGH_BYTES = 6_500_000  # twenty-one exits: three modes, each way from one to another, and what is watched for years


def history(name: str) -> WorkflowHistory:
    events = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    workflow = events["events"][0]["workflowExecutionStartedEventAttributes"]["workflowId"]
    return WorkflowHistory.from_json(workflow, events)


def replayer(*workflows: type) -> Replayer:
    return Replayer(workflows=workflows, data_converter=pydantic_data_converter, workflow_runner=strict_sandbox())


@pytest.mark.parametrize("name", NAMES)
async def test_a_recorded_history_replays(name: str) -> None:
    await replayer(*WORKFLOWS, ExportWorkflow).replay_workflow(history(name))


async def test_a_workflow_that_forgets_a_step_is_found() -> None:
    with pytest.raises(NondeterminismError):
        await replayer(ForgetfulWorkflow).replay_workflow(history("whole_stop.offboarding.1"))


def test_the_corpus_tells_of_every_workflow_and_of_no_machine() -> None:
    kinds = {name.split(".")[1] for name in NAMES}
    assert kinds == {"offboarding", "export", "follow-up", "closing"}
    assert sum((FOLDER / f"{name}.json").stat().st_size for name in NAMES) < ENOUGH_BYTES
    raw = [event.SerializeToString() for name in NAMES for event in history(name).events]
    told = re.compile(rb"Traceback|\.py|/(home|tmp|root|Users)/|(?<!bancada)\.example|\d@(?!bancada)\w")
    assert not [event for event in raw if told.search(event)]
