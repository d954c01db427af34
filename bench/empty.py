"""The anchor of an exit: as many activities that do nothing, in a workflow that does nothing else."""

from datetime import timedelta

from temporalio import activity, workflow


@activity.defn(name="nothing")
def nothing() -> None:
    """Does it."""


@workflow.defn(name="EmptyWorkflow")
class EmptyWorkflow:
    """One activity after the other."""

    @workflow.run
    async def run(self, steps: int) -> None:
        """`steps` times nothing."""
        for _ in range(steps):
            await workflow.execute_activity(nothing, start_to_close_timeout=timedelta(seconds=10))
