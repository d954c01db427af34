"""Our own people: who starts, approves and checks an exit at Bancada."""

from dataclasses import dataclass

from models.vocabulary import Role

DOMAIN = "bancada.example"


@dataclass(frozen=True)
class Colleague:
    """One of ours; the id is what `--as` takes."""

    id: str
    name: str
    role: Role

    @property
    def email(self) -> str:
        """Where they are written to."""
        return f"{self.id}@{DOMAIN}"


# A hold is confirmed and released by a second of compliance, so there are two. Source: DOMAIN erasure.3.
PEOPLE = (
    Colleague("ana", "Ana Beltrán Ruiz", Role.ACCOUNT_MANAGER),
    Colleague("bruno", "Bruno Castell Mas", Role.APPROVER),
    Colleague("carla", "Carla Iturbe Sanz", Role.APPROVER),
    Colleague("dora", "Dora Weinmann", Role.COMPLIANCE),
    Colleague("eva", "Eva Maldonado Gil", Role.ENGINEER),
    Colleague("felipe", "Felipe Arce Lago", Role.COMPLIANCE),
)
MANAGER = "ana"
