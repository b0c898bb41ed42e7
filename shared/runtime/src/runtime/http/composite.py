"""Several services behind one origin."""

from collections.abc import Mapping
from types import MappingProxyType

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from runtime.health import JointReadiness
from runtime.http.app import create_root_app


class CompositeApp:
    """Hands each request to the app named by the first segment of its path; the path itself stays whole.

    `/`, `/healthz`, `/readyz` and `/metrics` are those of the process: it is ready when all its services are.
    With `operations_only` they are all there is: for a process that only relays or consumes.
    """

    def __init__(
        self,
        apps: Mapping[str, FastAPI],
        also: Mapping[str, str] = MappingProxyType({}),
        *,
        operations_only: bool = False,
    ) -> None:
        """`also`: other first segments, and by the name of which app they are answered."""
        served = {} if operations_only else dict(apps)
        self._apps = {**served, **{segment: served[name] for segment, name in also.items() if name in served}}
        self._root = create_root_app(JointReadiness({name: app.state.readiness for name, app in apps.items()}), served)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP connection event."""
        path: str = scope.get("path", "/")
        end = path.find("/", 1)
        app = self._apps.get(path[1:] if end < 0 else path[1:end], self._root)
        await app(scope, receive, send)
