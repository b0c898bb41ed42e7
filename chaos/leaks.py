"""How many files and connections the replicas have open, as they say themselves."""

from collections.abc import Mapping, Sequence

import httpx
from prometheus_client.parser import text_string_to_metric_families

_OPEN = "process_open_fds"


async def open_files(targets: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Return the number of open file descriptors of each replica that answers, by its address."""
    found: dict[str, float] = {}
    async with httpx.AsyncClient(timeout=5.0) as client:
        for url in [url for urls in targets.values() for url in urls]:
            try:
                answer = await client.get(f"{url}/metrics")
            except httpx.TransportError:
                continue
            samples = (sample for family in text_string_to_metric_families(answer.text) for sample in family.samples)
            found[url] = next(sample.value for sample in samples if sample.name == _OPEN)
    return found
