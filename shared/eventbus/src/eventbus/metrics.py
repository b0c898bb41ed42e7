"""What operators see of delivery. Names follow Prometheus's conventions; `service` is intake, dispatch or ledger."""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15)

OUTBOX_PUBLISHED = Counter("jieban_outbox_published", "Events published and marked", ["service"])
OUTBOX_SET_ASIDE = Gauge("jieban_outbox_rows_set_aside", "Outbox rows too large for Kafka", ["service"])
OUTBOX_WAITING = Gauge("jieban_outbox_waiting", "Unpublished outbox rows", ["service"])
OUTBOX_AGE = Gauge("jieban_outbox_oldest_seconds", "Age of the oldest unpublished outbox row", ["service"])
RELAY_SHARDS = Gauge("jieban_relay_shards", "Outbox shards that this process publishes", ["service"])
RELAY_FAILURES = Counter("jieban_relay_failures", "Batches not wholly acknowledged, and relay restarts", ["service"])

CONSUMED = Counter(
    "jieban_consumed",
    "Records by outcome: applied, duplicate, skipped (of no interest), parked",
    ["consumer", "outcome"],
)
SLICE_SECONDS = Histogram("jieban_slice_seconds", "Time of one slice, begin to commit", ["consumer"], buckets=_SECONDS)
LAG = Gauge("jieban_consumer_lag", "Records behind the end of the assigned partitions", ["consumer"])
HOLDING = Gauge("jieban_consumer_holding", "1 while the consumer waits for an outage to end", ["consumer"])
REBUILT = Counter("jieban_consumer_rebuilt", "Times a deaf consumer was left and joined anew", ["consumer"])
PARKED = Gauge("jieban_parked_messages", "Messages parked now", ["consumer"])
DIFFERENCES = Gauge(
    "jieban_reconciliation_differences", "Complaints of the last hours of which the ledger's parts disagree", ["kind"]
)
