"""Days after access was closed, a look for what is alive again. Source: DOMAIN identity.3."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.access import AccessActivities
    from models.effects import ScanResult
    from models.payload import EffectRequest
    from models.vocabulary import Role, TaskKind
    from workflows.retries import LONG_STEP
    from workflows.settling import CaseSettling

SCAN = "scan_for_zombies"


class CaseScanning(CaseSettling):
    """The zombie scan: it closes again what it finds, and a person looks at what it can't close."""

    def _scans_left(self) -> list[datetime]:
        """Due, or still to come: by as many days later as access was closed later than planned."""
        shut, agreed, done = self.state.shut_at, self._agreed(), self.state.scanned_at
        if shut is None:
            return []
        late = timedelta(days=max(0, (shut - agreed.dates["effective_date"]).days))
        return [at + late for at in agreed.scans_at if done is None or done < at + late]

    async def _scan_if_due(self) -> None:
        """One look for all that are due; what it closes is opened again by an undo."""
        if not any(at <= workflow.now() for at in self._scans_left()):
            return
        scans = self.state.scans + 1
        self._keep(scans=scans, scanned_at=workflow.now())
        request = self._ask(EffectRequest, SCAN, generation=scans)
        result: ScanResult | None = await self._do_undoable(AccessActivities.scan_for_zombies, request, LONG_STEP)
        if result is not None and result.left:
            fix = "close it by hand, and find out who opens it: farewell resolve ACCOUNT TASK --outcome done"
            self._open_task(TaskKind.FINDING, SCAN, Role.ENGINEER, alive(result.left), fix, blocking=False)


def alive(left: Mapping[str, int]) -> str:
    """What a look has found and couldn't close."""
    return f"still alive: {', '.join(f'{count} {name}' for name, count in sorted(left.items()))}"
