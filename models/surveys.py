"""The exit survey: brief, optional, anonymous. Source: DOMAIN messages.6."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from models.payload import Payload
from models.vocabulary import Reason

FEWEST = 5
"""A group of fewer is never reported."""
LONGEST_COMMENT = 1000


class Change(StrEnum):
    """What would have changed it."""

    LOWER_PRICE = "lower_price"
    FEATURE = "feature"
    EASIER = "easier"
    SERVICE = "service"
    NOTHING = "nothing"
    OTHER = "other"


class Back(StrEnum):
    """Whether they may come back one day."""

    YES = "yes"
    PERHAPS = "perhaps"
    NO = "no"


class SurveyAnswer(Payload):
    """What somebody said. `leaving` is how leaving was, from 1 (bad) to 5; `comment` what they wrote, if anything."""

    reason: Reason
    change: Change
    leaving: Annotated[int, Field(ge=1, le=5)]
    back: Back
    comment: Annotated[str, Field(max_length=LONGEST_COMMENT)] | None = None
