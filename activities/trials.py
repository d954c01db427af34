"""What trial exports leave behind goes with the exit that they were for."""

from temporalio import activity

from activities.pulse import beat
from connectors.ports.storage import ObjectStore
from models.case import Noted
from models.payload import EffectRequest


class TrialActivities:
    """The packages of a case that is taken back."""

    def __init__(self, *, objects: ObjectStore, bucket: str) -> None:
        """`bucket` is the export bucket."""
        self._objects, self._bucket = objects, bucket

    @activity.defn(name="drop_trials")
    def drop_trials(self, request: EffectRequest) -> Noted:
        """Erases every package of the case, finished or not; again, it finds none. The case has no other objects."""
        place, erased = f"{request.account}/{request.case}/", 0
        for batch in self._objects.erase(self._bucket, place):
            erased += batch
            beat(place, erased)
        return Noted(text=f"{erased} objects")
