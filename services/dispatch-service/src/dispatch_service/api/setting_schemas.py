"""What is shown of whatever a tenant may set."""

from datetime import datetime

from pydantic import BaseModel


class SettingView(BaseModel):
    """A setting in force; `shipped` says that the tenant has set none of its own."""

    shipped: bool
    changed_at: datetime | None
    changed_by: str | None
