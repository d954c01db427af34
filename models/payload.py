"""What travels between the rooms, and through Temporal."""

from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints, model_validator

from models.vocabulary import Stage

AccountId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
CUSTOMER = "customer"
SYSTEM = "farewell"


class Payload(BaseModel):
    """A frozen value: unknown fields are ignored, so that an older worker reads a newer one's."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Personal(Payload):
    """Free text that may name a person: `text` in a live history, `hmac` once it is scrubbed.

    Workflow code passes it on and never branches on it, so a scrubbed history still replays.
    Source: DESIGN, Security.
    """

    text: str | None = None
    hmac: str | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.text is None) == (self.hmac is None):
            raise ValueError("a personal field holds its text or its HMAC, exactly one")
        return self


class EffectRequest(Payload):
    """What every activity with an effect is told: enough for its idempotency key and its ledger entry.

    `step` is the effect's name within the case, `subject` what it's done to (an id, or `-`), `generation`
    counts deliberate repeats (a second export), never attempts. Source: CONTRACTS, Forms.
    """

    case: str
    account: AccountId
    stage: Stage
    step: str
    actor: str = SYSTEM
    subject: str = "-"
    generation: int = 1

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt at this effect, on every machine."""
        return f"{self.case}:{self.step}:{self.subject}:{self.generation}"


class Receipt(Payload):
    """An outside system's answer to one effect, as it goes into the evidence pack."""

    system: str
    action: str
    subject: str
    count: int
    at: AwareDatetime
    reference: str = ""
