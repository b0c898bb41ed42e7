"""What the service is given of the façade."""

from intake_service.api.open311 import requests, services, texts
from intake_service.api.open311.formats import PREFIX, render

__all__ = ["FORMS", "PREFIX", "ROUTERS", "render", "texts"]

ROUTERS = [services.routes, requests.routes]
FORMS = [f"{PREFIX}/requests.{suffix}" for suffix in ("json", "xml")]
"""Addresses that take a form with a file."""
