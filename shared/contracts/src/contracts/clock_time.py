"""Times of day on the clock of a county."""

from datetime import time
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError


def _to_the_minute(moment: time) -> time:
    if moment.tzinfo is not None or moment.second or moment.microsecond:
        raise PydanticCustomError("clock_invalid", "not a time of day to the minute")
    return moment


ClockTime = Annotated[time, AfterValidator(_to_the_minute)]
"""To the minute, and without an offset: that of the county counts."""
