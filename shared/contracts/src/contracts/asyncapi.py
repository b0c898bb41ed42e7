"""The registry of topics as an AsyncAPI 3.0 document."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from pydantic.json_schema import models_json_schema

from contracts.envelope import schema_of
from contracts.topics import Topic

_REF = "#/components/schemas/{model}"
_HEADERS: dict[str, str] = {
    "ce_specversion": "CloudEvents version, 1.0",
    "ce_id": "UUIDv7 of the event; repeats carry the same id",
    "ce_type": "kind of event",
    "ce_source": "producing service: intake, dispatch or ledger",
    "ce_subject": "id of what it is about, which is the record's key too",
    "ce_time": "RFC 3339 time at which it became true",
    "ce_dataschema": "URN of the payload's schema",
    "ce_sequence": "counts the events of this producer about this subject from 1, without gaps",
    "ce_tenant": "county, by its GB/T 2260 code",
    "ce_correlationid": "id of the event that began the chain",
    "ce_causationid": "id of the event that this one answers, if any",
    "traceparent": "W3C trace context of the request that began the chain",
    "content-type": "application/json",
}
_OPTIONAL = {"ce_causationid", "traceparent"}


def document(topics: Sequence[Topic], version: str) -> dict[str, Any]:
    """Return the AsyncAPI document of `topics`, ready to be written as YAML or JSON."""
    models = {model for topic in topics for model in topic.events.values()}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schemas = models_json_schema([(model, "validation") for model in ordered], ref_template=_REF)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Jieban events",
            "version": version,
            "description": "CloudEvents 1.0 over the Kafka protocol binding, binary mode.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in topics},
        "operations": {
            key: value for topic in topics for service in _owners(topic) for key, value in _operation(topic, service)
        },
        "components": {
            "messages": {event.value: _message(event, topic) for topic in topics for event in topic.events},
            "messageTraits": {"cloudEvent": {"headers": _headers()}},
            "schemas": schemas["$defs"],
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": topic.description,
        "messages": {event.value: {"$ref": f"#/components/messages/{event.value}"} for event in topic.events},
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "topicConfiguration": _configuration(topic),
            }
        },
    }


def _configuration(topic: Topic) -> dict[str, Any]:
    settings = topic.settings
    return {"cleanup.policy": settings["cleanup.policy"].split(","), "retention.ms": int(settings["retention.ms"])}


def _owners(topic: Topic) -> list[str]:
    return sorted({service for owners in topic.owners.values() for service in owners})


def _operation(topic: Topic, service: str) -> list[tuple[str, dict[str, Any]]]:
    messages = [
        {"$ref": f"#/channels/{topic.name}/messages/{event.value}"}
        for event in topic.events
        if service in topic.owners[event]
    ]
    operation = {
        "action": "send",
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": f"What {service} publishes",
        "messages": messages,
    }
    return [(f"{service}.{topic.name}", operation)]


def _message(event: StrEnum, topic: Topic) -> dict[str, Any]:
    model = topic.events[event]
    return {
        "name": event.value,
        "summary": (model.__doc__ or "").strip(),
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "payload": {"$ref": _REF.format(model=model.__name__)},
        "bindings": {"kafka": {"key": {"type": "string", "format": "uuid", "description": topic.key}}},
        "x-dataschema": schema_of(event.value),
    }


def _headers() -> dict[str, Any]:
    return {
        "type": "object",
        "required": [name for name in _HEADERS if name not in _OPTIONAL],
        "properties": {name: {"type": "string", "description": text} for name, text in _HEADERS.items()},
    }
