"""What a sub-processor answers. Source: DOMAIN erasure.1, stages.3."""

from models.payload import Payload


class ProcessorAnswer(Payload):
    """`confirmed`: it says that all is erased, and `erased` how much, if it counts; else it has only taken the request.

    `reference` is its own, if it gives one.
    """

    confirmed: bool
    erased: int | None = None
    reference: str = ""
