"""Parameters that a route has not are refused where a caller is known."""

from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Query
from pydantic import BaseModel, Field

from runtime.auth import require
from runtime.paging import DEFAULT_LIMIT, Limit

Headers = dict[str, str]


class Filter(BaseModel):
    colour: str | None = None
    begins: Annotated[str | None, Field(alias="from")] = None


async def shape_of(shape: str | None = None) -> str | None:
    return shape


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    router = APIRouter(prefix="/demo/v1/filtered", dependencies=[Depends(require("citizen"))])

    @router.get("")
    async def filtered(query: Annotated[Filter, Query()]) -> list[object]:
        return [query.colour, query.begins]

    @router.get("/shaped")
    async def shaped(shape: Annotated[str | None, Depends(shape_of)], limit: Limit = DEFAULT_LIMIT) -> list[object]:
        return [shape, limit]

    @router.get("/whole")
    async def whole() -> str:
        return "everything"

    app.include_router(router)
    return app


async def test_parameters_of_models_and_dependencies_are_known(client: httpx.AsyncClient, citizen: Headers) -> None:
    filtered = await client.get("/demo/v1/filtered?colour=red&from=here", headers=citizen)
    shaped = await client.get("/demo/v1/filtered/shaped?shape=round&limit=5", headers=citizen)

    assert (filtered.json(), shaped.json()) == (["red", "here"], ["round", 5])


async def test_each_unknown_one_is_named_with_those_that_there_are(client: httpx.AsyncClient, citizen: Headers) -> None:
    query = "color=red&color=blue&colour=red&%E5%BD%A2=1"
    answer = await client.get(f"/demo/v1/filtered?{query}", headers=citizen | {"accept-language": "en"})

    assert (answer.status_code, answer.json()["type"]) == (422, "urn:jieban:problem:validation-failed")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("query/color", "unknown-parameter"),
        ("query/形", "unknown-parameter"),
    ]
    assert answer.json()["errors"][0]["message"] == "There is no such parameter; there are: colour, from."


async def test_who_may_not_call_is_not_told_what_there_is(client: httpx.AsyncClient) -> None:
    assert (await client.get("/demo/v1/filtered?color=red")).status_code == 401


async def test_where_there_are_none_none_is_taken(client: httpx.AsyncClient, citizen: Headers) -> None:
    answer = await client.get("/demo/v1/filtered/whole?dry_run=true", headers=citizen)

    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("query/dry_run", "no-parameters")
    ]


async def test_links_with_additions_work_where_everybody_may_call(client: httpx.AsyncClient) -> None:
    assert (await client.get("/demo/v1/things?from_app=chat")).status_code == 200
