"""What `jieban up` prints once it serves."""

from collections.abc import Iterable
from datetime import timedelta

from contracts.roles import Role
from jieban.services import ALL_SERVICES
from runtime.auth import issue_token
from runtime.settings import RuntimeSettings

TOKEN_LIFE = timedelta(days=7)


def welcome(settings: RuntimeSettings, host: str, port: int) -> str:
    """Return the addresses, the pages of documentation, a token for each role, and a first line to try."""
    base = f"http://{_reachable(host)}:{port}"
    return "\n".join(["", f"Jieban 接办 is ready: {base}", "", *_documentation(base), *_tokens(settings, base), ""])


def _documentation(base: str) -> Iterable[str]:
    yield "API documentation"
    for name in ALL_SERVICES:
        yield f"  {name:<9} {base}/{name}/v1/docs"
    yield f"  health    {base}/readyz    metrics {base}/metrics"
    yield ""


def _tokens(settings: RuntimeSettings, base: str) -> Iterable[str]:
    if settings.token_secret is None:
        yield f"Tokens come from {settings.oidc_issuer}."
        return
    secret = settings.token_secret.get_secret_value()
    tokens = {role: issue_token(secret, f"{role}-demo", settings.tenant, [role], TOKEN_LIFE) for role in Role}
    yield f"A token for each role of county {settings.tenant}, valid for {TOKEN_LIFE.days} days"
    for role, token in tokens.items():
        yield f"  export {role.upper()}={token}"
    yield ""
    yield "Report a complaint:"
    yield f"  curl -sS {base}/intake/v1/complaints -H 'Content-Type: application/json' \\"
    yield f"    -H 'Authorization: Bearer {tokens[Role.CITIZEN]}' \\"
    yield '    -d \'{"source": "resident_app", "description": "路口有游摊占道",'
    yield '         "location": {"lon": 107.2357, "lat": 26.5807, "crs": "WGS84"}}\''
    yield ""
    yield "Ctrl-C stops everything."


def _reachable(host: str) -> str:
    """Return a name under which a server that listens on `host` is reached from this machine."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 -- compared, not listened on
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
