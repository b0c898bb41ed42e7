"""What crosses a service border: roles, states, events and topics. Depends on pydantic only."""
