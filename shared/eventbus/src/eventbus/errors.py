"""What may go wrong in delivery, and whether waiting can heal it."""


class DeliveryError(Exception):
    """Base of the bus's own errors."""


class Permanent(DeliveryError):
    """Raised by a handler: this event can never be applied as things stand. It is parked at once."""


class Transient(DeliveryError):
    """Raised by a handler: waiting may heal it. The consumer holds its partitions and tries again."""


class OutOfOrder(Permanent):
    """An event's predecessor is missing: it is parked, with the rest of its key behind it."""


class TooManyMisfits(DeliveryError):
    """A slice would park more messages than may be parked now; nothing of it was applied."""


class EventTooLarge(DeliveryError):
    """The event would not fit into one Kafka record; nothing was appended."""
