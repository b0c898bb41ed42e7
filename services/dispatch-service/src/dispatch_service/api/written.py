"""What people write in requests: something has to be seen in it."""

from typing import Annotated

from pydantic import AfterValidator, Field

from runtime.types import saying_something

Text = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(saying_something)]
"""A reason, a note, an order or an answer to it."""

Result = Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(saying_something)]
"""What was done, found or agreed."""
