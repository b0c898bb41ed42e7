"""Notes about cases."""

from contracts.lifecycle import EventType
from dispatch.asking import problem, shown
from dispatch.offline import codes, item, sync
from dispatch.world import NEIGHBOUR, World, later
from dispatch_service.service import notes

NOTE = {"text": "业主称周末自行清理"}


async def test_a_note_is_shown_with_the_case_and_changes_nothing_else(world: World) -> None:
    event = await world.a_case("accept")
    before = await world.row(event)

    first = await world.act(event, "notes", NOTE, role="officer")
    second = await world.act(event, "notes", {"text": "已电话核实"}, role="dispatcher")

    assert (first.status_code, second.status_code) == (200, 200)
    written = (await shown(world, event))["notes"]
    assert [(each["text"], each["written_by"]) for each in written] == [
        ("业主称周末自行清理", "officer-demo"),
        ("已电话核实", "dispatcher-demo"),
    ]
    assert await world.row(event) == before
    assert len(await world.published(event)) == 2


async def test_notes_are_taken_in_every_state_from_staff_of_any_team(world: World) -> None:
    event = await world.a_case("accept", "start", "resolve")

    assert (await world.act(event, "notes", NOTE, role="officer", subject="officer-0101")).status_code == 200
    assert (await world.act(event, "notes", NOTE, role="citizen")).status_code == 403
    assert (await world.act(event, "notes", NOTE, role="officer", tenant=NEIGHBOUR)).status_code == 404


async def test_a_repeated_note_is_written_once(world: World) -> None:
    event = await world.a_case()
    same = {"Idempotency-Key": f"note-{event.subject}"}

    answers = [await world.act(event, "notes", NOTE, role="officer", headers=same) for _ in range(2)]

    assert answers[0].content == answers[1].content
    assert len((await shown(world, event))["notes"]) == 1


async def test_bad_notes_are_refused(world: World) -> None:
    event = await world.a_case()

    for body in ({}, {"text": ""}, {"text": "长" * 2001}, {"text": 1}, {**NOTE, "public": True}):
        assert (await world.act(event, "notes", body, role="officer")).status_code == 422
    assert (await world.act(event, "notes", NOTE, role="officer", headers={"If-Match": '"9"'})).status_code == 412
    assert (await shown(world, event))["notes"] == []


async def test_a_case_has_so_many_notes_and_no_more(world: World) -> None:
    event = await world.a_case()
    await world.run(
        "INSERT INTO case_note SELECT gen_random_uuid(), tenant, complaint_id, '备注', 'officer-demo', now()"
        " FROM dispatch_case, generate_series(1, :most) WHERE complaint_id = :id",
        id=event.subject,
        most=notes.MOST_NOTES,
    )

    assert problem(await world.act(event, "notes", NOTE, role="officer")) == (409, "too-many-notes")


async def test_nothing_is_written_any_more_about_an_erased_case(world: World) -> None:
    event = await world.a_case("accept")
    await world.deliver(later(event, EventType.ERASED))

    assert problem(await world.act(event, "notes", NOTE, role="officer")) == (409, "complaint-erased")
    assert codes(await sync(world, item(event, "note"))) == ["complaint-erased"]
    assert (await shown(world, event))["notes"] == []
