"""Every recorded history still replays once all free text has left it, as it does from an evidence pack.

Source: DESIGN, Security; DOMAIN audit.1.
"""

import json

import pytest
from temporalio.client import WorkflowHistory

from activities.scrub import scrubbed
from tests.replay.test_replay import FOLDER, NAMES, replayer
from worker import WORKFLOWS
from workflows.export import ExportWorkflow


@pytest.mark.parametrize("name", NAMES)
async def test_audit_1_a_scrubbed_history_replays(name: str) -> None:
    kept = scrubbed(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")), b"k" * 32)
    workflow = kept["events"][0]["workflowExecutionStartedEventAttributes"]["workflowId"]
    await replayer(*WORKFLOWS, ExportWorkflow).replay_workflow(WorkflowHistory.from_json(workflow, kept))
