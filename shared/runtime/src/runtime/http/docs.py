"""The page with the API's documentation, with its scripts from this server: government networks reach no CDN."""

from fastapi import APIRouter, Depends, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from runtime.auth import public


def add_docs(app: FastAPI, prefix: str) -> None:
    """Serve Swagger UI at `{prefix}/docs` for the app's own OpenAPI document."""
    assets = f"{prefix}/docs/assets"
    page = get_swagger_ui_html(
        openapi_url=f"{prefix}/openapi.json",
        title=app.title,
        swagger_js_url=f"{assets}/swagger-ui-bundle.js",
        swagger_css_url=f"{assets}/swagger-ui.css",
        swagger_favicon_url=f"{assets}/favicon.png",
    )
    router = APIRouter(prefix=prefix, dependencies=[Depends(public)], include_in_schema=False)

    @router.get("/docs", response_class=HTMLResponse)
    async def docs() -> HTMLResponse:
        return page

    app.include_router(router)
    app.mount(assets, StaticFiles(packages=[("fastapi_offline", "static")]))
