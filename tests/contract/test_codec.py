"""What Temporal keeps is sealed: on the real server, with something personal in every place. Source: TRUST 6, 7."""

import asyncio
import base64
import logging
import secrets
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory, WorkflowQueryFailedError, WorkflowUpdateFailedError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.worker import Replayer, Worker

from connectors.codec import ENCRYPTED, unseal_bytes
from connectors.errors import Gone, NotFound
from connectors.histories import TemporalHistories
from connectors.keys import FolderKeyStore
from connectors.temporal import data_converter
from models.keys import KeyScope
from tests.contract.confiding import CANARIES, Confidence, Confiding, Whisper, confide, linger, said
from worker import OF_WORKFLOW_TASKS, SaidOnce

ENCRYPTED_IN_JSON = base64.b64encode(ENCRYPTED).decode()
HIDDEN = [canary.encode() for canary in CANARIES]


class Confided:
    """One life of the workflow, on a server whose files we may look into."""

    def __init__(self, client, keys, case):
        self.client, self.keys, self.case = client, keys, case
        self.ids = [f"{kind}-{case}" for kind in ("offboarding", "follow-up", "closing")]

    @property
    def account(self):
        return self.case.rpartition("-")[0]

    async def raw(self):
        """All that the server hands out of it, as bytes, each with where it was found."""
        found = {}
        for workflow in self.ids:
            async for run in self.client.list_workflows(f"WorkflowId = '{workflow}'"):
                handle = self.client.get_workflow_handle(workflow, run_id=run.run_id)
                found[f"list {workflow}"] = run.raw_info.SerializeToString()
                found[f"describe {workflow}"] = (await handle.describe()).raw_description.SerializeToString()
                async for event in handle.fetch_history_events():
                    name = f"{workflow} {run.run_id} {event.event_id} {EventType.Name(event.event_type)}"
                    found[name] = event.SerializeToString()
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def confided(stack, tmp_path_factory):
    folder, master = tmp_path_factory.mktemp("keys"), base64.b64encode(secrets.token_bytes(32)).decode()
    keys = FolderKeyStore(folder, master)
    client = await Client.connect(stack.environment["TEMPORAL_ADDRESS"], data_converter=data_converter(keys))
    told = Confided(client, keys, f"canary{secrets.token_hex(4)}-1")
    told.another_process = FolderKeyStore(folder, master)
    queue = told.queue = secrets.token_hex(8)
    async with Worker(client, task_queue=queue, workflows=[Confiding, Whisper], activities=[confide, linger]):
        handle = await client.start_workflow(
            Confiding.run,
            said("input"),
            id=told.ids[0],
            task_queue=queue,
            memo={"word": said("memo")},
            static_summary=said("summary").text,
            static_details=said("details").text,
        )
        await handle.signal(Confiding.hear, said("signal"))
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await handle.execute_update(Confiding.tell, said("rejection"))
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.message == said("rejection").text
        assert await handle.query(Confiding.asked, said("query")) == said("told")
        told.answer = await handle.execute_update(Confiding.tell, said("update"))
        told.result = await handle.result()
    yield told


@pytest.fixture
def histories(confided):
    door = TemporalHistories(lambda keys: reconnected(confided, keys), confided.keys)
    yield door
    door.close()


async def reconnected(confided, keys):
    address = confided.client.service_client.config.target_host
    return await Client.connect(address, data_converter=data_converter(keys))


@pytest.mark.asyncio(loop_scope="session")
async def test_who_has_the_key_reads_all_of_it(confided):
    assert (confided.answer, confided.result) == (said("answer"), said("end"))
    described = await confided.client.get_workflow_handle(confided.ids[1]).describe()
    assert await described.memo_value("word", type_hint=Confidence) == said("memo")
    assert await described.static_summary() == said("summary").text


@pytest.mark.asyncio(loop_scope="session")
async def test_trust_7_nothing_that_the_server_hands_out_is_in_clear_but_ids(confided):
    raw = await confided.raw()
    assert len(raw) > 40
    assert any(confided.case.encode() in body for body in raw.values()), "the scan must find what is there"
    told = {place: canary for place, body in raw.items() for canary in HIDDEN if canary in body}
    assert told == {}


@pytest.mark.asyncio(loop_scope="session")
async def test_trust_7_nothing_lies_in_clear_in_the_servers_own_files(stack, confided):
    files = [path for path in (stack.home / "temporal").rglob("*") if path.is_file()] + list(stack.home.glob("*.log"))
    bodies = {path.name: path.read_bytes() for path in files}
    assert any(confided.case.encode() in body for body in bodies.values()), "the scan must find what is there"
    assert {name: canary for name, body in bodies.items() for canary in HIDDEN if canary in body} == {}


@pytest.mark.asyncio(loop_scope="session")
async def test_each_workflow_is_sealed_by_the_key_of_its_own_scope(confided):
    raw = await confided.raw()
    scopes = {"offboarding": f"account/{confided.account}/1"}
    scopes |= {kind: f"{kind}/{confided.case}/1" for kind in ("follow-up", "closing")}
    for kind, key_id in scopes.items():
        started = [body for place, body in raw.items() if place.startswith(kind) and place.endswith("_STARTED")]
        assert all(key_id.encode() in body for body in started if ENCRYPTED in body)
        assert any(ENCRYPTED in body for body in started)


@pytest.mark.asyncio(loop_scope="session")
async def test_a_sealed_history_replays_with_the_keys_and_an_opened_one_without(confided, histories):
    sealed = await confided.client.get_workflow_handle(confided.ids[0]).fetch_history()
    await Replayer(workflows=[Confiding], data_converter=data_converter(confided.keys)).replay_workflow(sealed)
    plain = Replayer(workflows=[Confiding, Whisper], data_converter=pydantic_data_converter)
    for workflow in confided.ids:
        for run in await asyncio.to_thread(histories.runs, workflow):
            assert ENCRYPTED_IN_JSON not in str(run)
            assert "Encoded failure" not in str(run)
            await plain.replay_workflow(WorkflowHistory.from_json(workflow, run))


@pytest.mark.asyncio(loop_scope="session")
async def test_an_id_that_is_none_of_ours_is_refused(confided):
    with pytest.raises(ValueError, match="no workflow id of ours"):
        await confided.client.start_workflow("Confiding", said("input"), id="acme", task_queue="nobody")


@pytest.mark.asyncio(loop_scope="session")
async def test_erasure_6_once_the_key_is_destroyed_nothing_of_the_account_opens_and_the_rest_does(confided, histories):
    """Last in this file: it destroys what the others read."""
    old = await asyncio.to_thread(histories.sealed_payload, confided.ids[0])
    assert said("continued").text.encode() in unseal_bytes(confided.keys, old).data
    confided.another_process.destroy(KeyScope.of_account(confided.account), datetime.now(UTC))
    with pytest.raises(Gone):
        unseal_bytes(confided.keys, old)
    with pytest.raises(Gone):
        await asyncio.to_thread(histories.runs, confided.ids[0])
    with pytest.raises(Gone):
        await confided.client.get_workflow_handle(confided.ids[0]).result()
    follow_up = confided.client.get_workflow_handle_for(Whisper.run, confided.ids[1])
    assert await follow_up.result() == said("childs")
    assert len(await asyncio.to_thread(histories.runs, confided.ids[1])) == 1


@pytest.mark.asyncio(loop_scope="session")
async def test_who_asks_a_workflow_whose_key_is_gone_hears_that_and_the_log_has_a_line_of_it(confided, caplog):
    scope = KeyScope.of_account(confided.account)
    confided.another_process.destroy(scope, datetime.now(UTC))
    logging.getLogger(OF_WORKFLOW_TASKS).addFilter(SaidOnce())
    async with Worker(confided.client, task_queue=confided.queue, workflows=[Confiding]):
        with pytest.raises(WorkflowQueryFailedError, match=f"the key of {scope} was destroyed"):
            await confided.client.get_workflow_handle(confided.ids[0]).query("__stack_trace")
    told = [record for record in caplog.records if record.name == OF_WORKFLOW_TASKS]
    assert ["was destroyed" in record.getMessage() for record in told] == [True]
    assert told[0].exc_info is None


@pytest.mark.asyncio(loop_scope="session")
async def test_there_is_nothing_sealed_of_a_workflow_that_never_was(histories):
    with pytest.raises(NotFound):
        await asyncio.to_thread(histories.sealed_payload, "offboarding-nobody-1")
