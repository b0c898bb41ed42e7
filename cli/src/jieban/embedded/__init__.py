"""Real PostgreSQL and real Kafka as child processes, from package registries, without containers.

Everything they write lies in one data directory, which one process at a time may use.
"""
