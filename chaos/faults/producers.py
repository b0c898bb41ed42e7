"""Faults of a producer that is none of the services: events in the wrong order, events of another version."""

from collections.abc import Sequence
from random import Random

from chaos.faults.asking import ask, came_about
from chaos.faults.base import SERVICES, Fault
from chaos.faults.foreign import Story, new_ids, received, release_requested
from chaos.faults.operating import release_all
from chaos.faults.topic import Sent, send
from chaos.system import System
from contracts.lifecycle import EventType, Status

_APPLYING = ("ledger", "dispatch")
_SECONDS = 20.0
_PARKED = "SELECT count(*) FROM parked_message WHERE state = $2 AND key = ANY($1::bytea[])"
_HISTORY = "SELECT source, sequence FROM entry WHERE complaint_id = $1::text::uuid ORDER BY position"
_STATUS = "SELECT status FROM ledger_complaint WHERE complaint_id = $1::text::uuid"
_VALUES = "SELECT value FROM parked_message WHERE state = 'parked' AND key = $1"
_ENTERED = "SELECT data FROM entry WHERE complaint_id = $1::text::uuid AND type = 'complaint.received'"


class SuccessorFirst(Fault):
    """A producer puts a reporter's wish before the reception: it is parked, and released in the right order."""

    name, number, bound_seconds = "successor-first", 18, 5.0
    complaints = 5
    history = (("intake", 1), ("dispatch", 1), ("intake", 2), ("dispatch", 2))

    def __init__(self) -> None:
        super().__init__()
        self._stories: list[Story] = []
        self._were_parked = False

    async def inject(self, system: System, random: Random) -> None:
        self._stories = [Story(new_ids(random)) for _ in range(self.complaints)]
        self.foreign = {story.id for story in self._stories}
        system.foreign.update(self._keys)
        successors = [
            story.record(EventType.RELEASE_REQUESTED, 2, release_requested("late")) for story in self._stories
        ]
        predecessors = [story.record(EventType.RECEIVED, 1, received("late")) for story in self._stories]
        random.shuffle(predecessors)
        await send(system, successors)
        self._were_parked = await self._all_parked(system, self.complaints)
        await send(system, predecessors)
        self._were_parked &= await self._all_parked(system, 2 * self.complaints)
        self.parked = {"intake": 2 * self.complaints}  # which has no such complaint, whatever dispatch says of it
        self.detail = f"{self.complaints} complaints"

    async def clear(self, system: System) -> None:
        """Do what the runbook says."""
        for service in _APPLYING:
            await release_all(system, service)

    async def check(self, system: System) -> list[str]:
        found = [] if self._were_parked else ["not everything was parked that came too early, or stood behind it"]
        left = {service: await self._count(system, service, "parked") for service in _APPLYING}
        found += [f"{service} has {count} of them parked after the release" for service, count in left.items() if count]
        histories = {story.id: await _history(system, story.id) for story in self._stories}
        return found + [
            f"{complaint} has the history {entered}"
            for complaint, entered in histories.items()
            if sorted(entered) != sorted(self.history) or entered[0] != self.history[0]
        ]

    @property
    def _keys(self) -> list[bytes]:
        return [story.key for story in self._stories]

    async def _all_parked(self, system: System, wanted: int) -> bool:
        async def parked() -> bool:
            return all([await self._count(system, each, "parked") == wanted for each in _APPLYING])

        return await came_about(parked, _SECONDS)

    async def _count(self, system: System, service: str, state: str) -> int:
        return int((await ask(system, service, _PARKED, self._keys, state))[0][0])


class SchemaSkew(Fault):
    """A producer of another version: more fields and fewer are read, another schema and a new type are parked."""

    name, number, bound_seconds = "schema-skew", 21, 5.0

    def __init__(self) -> None:
        super().__init__()
        self._read: dict[str, Sent] = {}
        self._parked: dict[str, list[Sent]] = {service: [] for service in SERVICES}

    async def inject(self, system: System, random: Random) -> None:
        new_id = new_ids(random)
        more, fewer, newer, unknown = (Story(new_id) for _ in range(4))
        sound = received("skewed")
        self._read = {
            more.id: more.record(EventType.RECEIVED, 1, _with_more(sound.model_dump_json()), ce_partitionkey=b"2"),
            fewer.id: fewer.record(
                EventType.RECEIVED, 1, sound, **{"ce_dataschema": None, "ce_specversion": None, "content-type": None}
            ),
        }
        schema = b"urn:jieban:schema:complaint.received:v2"
        of_received = [newer.record(EventType.RECEIVED, 1, sound, ce_dataschema=schema)]
        of_received.append(newer.record(EventType.RELEASE_REQUESTED, 2, release_requested("behind it")))
        of_all = [unknown.record(EventType.RECEIVED, 1, sound, ce_type=b"complaint.unheard_of")]
        self._parked = {"intake": of_all, "dispatch": [*of_received, *of_all], "ledger": [*of_received, *of_all]}
        self.parked = {service: len(records) for service, records in self._parked.items()}
        self.parked["intake"] += len(self._read)  # assigned by dispatch, and unknown to intake
        self.foreign = {story.id for story in (more, fewer, newer, unknown)}
        system.foreign.update(complaint.encode() for complaint in self.foreign)
        await send(system, [*self._read.values(), *of_received, *of_all])
        self.detail = f"{len(self._read)} readable, {len(of_received) + len(of_all)} not"

    async def check(self, system: System) -> list[str]:
        found = [flaw for complaint, sent in self._read.items() if (flaw := await _unread(system, complaint, sent))]
        for service, records in self._parked.items():
            for key in {record.key for record in records}:
                kept = sorted(row["value"] for row in await ask(system, service, _VALUES, key))
                if kept != _values(records, key):
                    found.append(f"{service} keeps {kept} of {key.decode()}")
        return found


async def _history(system: System, complaint: str) -> list[tuple[str, int]]:
    return [(row["source"], row["sequence"]) for row in await ask(system, "ledger", _HISTORY, complaint)]


def _with_more(value: str) -> bytes:
    return value.replace("{", '{"urgency": {"level": 3, "words": ["急"]}, ', 1).encode()


def _values(records: Sequence[Sent], key: bytes) -> list[bytes]:
    return sorted(record.value for record in records if record.key == key and record.value is not None)


async def _unread(system: System, complaint: str, sent: Sent) -> str | None:
    """Say where a record that can be read is not in the ledger, assigned, byte for byte."""
    status = [row["status"] for row in await ask(system, "ledger", _STATUS, complaint)]
    entered = [row["data"].encode() for row in await ask(system, "ledger", _ENTERED, complaint)]
    if status == [Status.ASSIGNED] and entered == [sent.value]:
        return None
    return f"{complaint} is {status} in the ledger, as {entered}"


ALL: tuple[type[Fault], ...] = (SuccessorFirst, SchemaSkew)
