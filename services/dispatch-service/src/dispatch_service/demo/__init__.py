"""The demo county: something to try the platform on, made up and marked as such."""

from dispatch_service.demo.loading import load

__all__ = ["load"]
