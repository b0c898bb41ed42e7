"""HTTP: the app of a service and the app of a process."""

from runtime.http.app import create_app
from runtime.http.composite import CompositeApp

__all__ = ["CompositeApp", "create_app"]
