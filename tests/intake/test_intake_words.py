"""Words are found exactly where a slow reading of the texts finds them, by the index and without it."""

import unicodedata
import uuid

import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from intake_service.domain import search
from intake_service.domain.search import BadSearch

_TEXT = st.text("小区门口停车占道 5a7B，。-'\"\\:*!&|()<>_%Ａｂ楼号\x00é", max_size=30)
_TERM = st.text("小区门口停车占道5a7BＡ楼号", min_size=1, max_size=4)
_INSERT = sa.text("""
    INSERT INTO complaint_text (complaint_id, tenant, words)
    SELECT id, '522723', CAST(words AS tsvector)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:words AS text[])) AS t (id, words)
""")
_FOUND = sa.text("SELECT complaint_id FROM complaint_text WHERE words @@ CAST(:query AS tsquery)")


def _tokens(text: str) -> list[str]:
    """Read a text character by character."""
    found: list[str] = []
    word = ""
    for character in unicodedata.normalize("NFKC", text).casefold():
        is_han = "\u4e00" <= character <= "\u9fff"
        if word and (is_han or not character.isalnum()):
            found.append(word)
            word = ""
        if is_han:
            found.append(character)
        elif character.isalnum():
            word += character
    return [*found, word] if word else found


def _has(text: str, term: str) -> bool:
    wanted, found = _tokens(term), _tokens(text)
    return any(found[place : place + len(wanted)] == wanted for place in range(len(found) - len(wanted) + 1))


@given(st.lists(_TEXT, min_size=1, max_size=8), st.lists(st.tuples(_TERM, st.booleans()), min_size=1, max_size=3))
@example(["小区，门口"], [("区门", True)])
@example(["停车a占道"], [("车", True)])
@example(["小区小区门"], [("区门", True), ("门口", False)])
@settings(max_examples=60)
async def test_words_are_found_where_they_stand(
    engine: AsyncEngine, texts: list[str], wanted: list[tuple[str, bool]]
) -> None:
    try:
        terms = search.terms(" ".join(term if plus else f"-{term}" for term, plus in wanted))
    except BadSearch:
        assert not any(plus for _, plus in wanted)
        return
    query, coarse = search.query(terms), search.query(terms, is_coarse=True)
    required = search.all_of([lexeme for term in terms for lexeme in search.required(term)]) or coarse
    ids = {uuid.uuid4(): text for text in texts}
    expected = {each for each, text in ids.items() if all(_has(text, term) is plus for term, plus in wanted)}
    async with engine.connect() as connection, connection.begin() as transaction:
        words = [search.vector([text]) for text in texts]
        await connection.execute(_INSERT, {"ids": list(ids), "words": words})
        for method in ("enable_seqscan", "enable_bitmapscan"):
            await connection.execute(sa.text("SELECT set_config(:name, 'off', true)"), {"name": method})
            assert set((await connection.execute(_FOUND, {"query": query})).scalars()) == expected
            for wider in (coarse, required):
                assert set((await connection.execute(_FOUND, {"query": wider})).scalars()) >= expected
            await connection.execute(sa.text("SELECT set_config(:name, 'on', true)"), {"name": method})
        await transaction.rollback()


@given(st.text(max_size=220))
@settings(max_examples=200)
async def test_nothing_that_is_looked_for_breaks(engine: AsyncEngine, wanted: str) -> None:
    try:
        query = search.query(search.terms(wanted))
    except BadSearch:
        return
    async with engine.connect() as connection:
        await connection.execute(_FOUND, {"query": query})


@given(st.text(max_size=300))
@settings(max_examples=200)
async def test_every_text_can_be_kept(engine: AsyncEngine, text: str) -> None:
    async with engine.connect() as connection:
        await connection.execute(sa.text("SELECT CAST(:words AS tsvector)"), {"words": search.vector([text, text])})
