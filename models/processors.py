"""What a sub-processor answers. Source: DOMAIN erasure.1, stages.3."""

from pydantic import AwareDatetime

from models.payload import Payload


class ProcessorAnswer(Payload):
    """`confirmed`: it says that all is erased, and `erased` how much, if it counts; else it has only taken the request.

    `reference` is its own, if it gives one.
    """

    confirmed: bool
    erased: int | None = None
    reference: str = ""


class Asked(Payload):
    """Where a sub-processor stands, as the documents `processor` keep it: asked how often, when last, confirmed when.

    `key` is that of the effect which asked; `erased` is how much went, where they count.
    """

    name: str
    key: str
    asked: int
    asked_at: AwareDatetime
    confirmed_at: AwareDatetime | None = None
    reference: str = ""
    erased: int | None = None


class Confirmed(Payload):
    """What a person recorded of a sub-processor's answer, as the documents `processor_confirmed` keep it."""

    name: str
    by: str
    confirmed_at: AwareDatetime
