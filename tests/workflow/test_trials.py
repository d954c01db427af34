"""Trial exports and the case: whoever stays leaves none of them behind."""

import pytest
from temporalio.testing import ActivityEnvironment

from activities.trials import TrialActivities
from devstack.running import Running
from devstack.s3 import EXPORTS
from models.payload import EffectRequest
from models.vocabulary import Stage
from tests.workflow.exits import begun

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_what_trials_left_goes_when_the_exit_is_withdrawn(here: Running, account: str) -> None:
    objects = here.connections.objects
    play = await begun(here, account)
    await play.reach(Stage.APPROVAL)
    for place in (f"{play.case}/1001/bagit.txt", f"{play.case}/1002.parts/task.json", "another-1/1001/bagit.txt"):
        objects.put(EXPORTS, f"{account}/{place}", b"x")
    await play.back("withdraw", Stage.WITHDRAWN)
    assert [key for key, _ in objects.list(EXPORTS, f"{account}/")] == [f"{account}/another-1/1001/bagit.txt"]


async def test_a_second_run_finds_nothing_and_is_fine(here: Running, account: str) -> None:
    here.connections.objects.put(EXPORTS, f"{account}/{account}-1/1001/bagit.txt", b"x")
    trials = TrialActivities(objects=here.connections.objects, bucket=EXPORTS)
    request = EffectRequest(case=f"{account}-1", account=account, stage=Stage.NOTICE, step="drop_trials")
    assert [ActivityEnvironment().run(trials.drop_trials, request).text for _ in range(2)] == ["1 objects", "0 objects"]
