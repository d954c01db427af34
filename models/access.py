"""Who may still come in, and what they leave behind. Source: DOMAIN identity."""

from models.payload import Payload


class SharedAsset(Payload):
    """Something that others use and one user owns; `successor` is who owns it afterwards, if anybody is named.

    `kind` is the product's own word: `dashboard`, `report`, `integration`. Source: DOMAIN identity.4.
    """

    id: str
    kind: str
    owner: str
    successor: str | None = None


class Sighting(Payload):
    """What the zombie scan found: open ways in by class, active users, the probe's ways. Source: DOMAIN identity.3."""

    users: int = 0
    credentials: dict[str, int] = {}
    probe: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many things are alive that shouldn't be."""
        return self.users + sum(self.credentials.values()) + len(self.probe)
