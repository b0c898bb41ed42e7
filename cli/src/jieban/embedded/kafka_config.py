"""The configuration of the embedded broker: a node that is broker and controller, by default the only one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from jieban.embedded.ports import LOOPBACK

JVM_OPTIONS = (
    # The first compiler tier only: measured on 2 cores, the broker is ready in 1.8 s instead of 3.0 s, takes
    # 160 MB instead of 190 MB when idle, and moves 50,000 messages with half the processor time.
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Xms64m",
    "-Xmx256m",
    "-Xss512k",
    "-XX:ReservedCodeCacheSize=48m",
    "-XX:MaxMetaspaceSize=128m",
    "-XX:-UsePerfData",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
)

_PROPERTIES = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    # a killed broker's registration lapses after the session: until then its successor may not open the port
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    "unclean.leader.election.enable": "false",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.num.partitions": "1",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
    "num.recovery.threads.per.data.dir": "2",
    "log.segment.bytes": str(128 * 1024 * 1024),
    # an index file is allocated at this size for each partition; enough for a segment of 128 MiB
    "log.index.size.max.bytes": str(1024 * 1024),
    # the default of the cleaner, 128 MiB, would be half of the heap
    "log.cleaner.dedupe.buffer.size": str(8 * 1024 * 1024),
    "log.cleaner.io.buffer.size": str(128 * 1024),
}

_COPIES = (
    "default.replication.factor",
    "offsets.topic.replication.factor",
    "transaction.state.log.replication.factor",
    "share.coordinator.state.topic.replication.factor",
)
_IN_SYNC = ("min.insync.replicas", "transaction.state.log.min.isr", "share.coordinator.state.topic.min.isr")
_MOST_COPIES = 3


class Door(NamedTuple):
    """A listener for some clients, who are told another port than it listens on: there is something in between."""

    name: str
    """In capital letters."""
    port: int
    advertised_port: int


@dataclass(frozen=True, slots=True)
class Node:
    """A broker's place in its cluster."""

    id: int
    controller_ports: Mapping[int, int]
    """By node id, of all nodes of the cluster, this one's among them."""
    doors: Sequence[Door] = ()
    """Beside the port that the other brokers use as well."""

    def properties(self) -> Mapping[str, str]:
        """Return what follows from it: all data are on three nodes, or on all where there are fewer."""
        copies = min(_MOST_COPIES, len(self.controller_ports))
        voters = ",".join(f"{node}@{LOOPBACK}:{port}" for node, port in sorted(self.controller_ports.items()))
        return {
            "node.id": str(self.id),
            "controller.quorum.voters": voters,
            **dict.fromkeys(_COPIES, str(copies)),
            **dict.fromkeys(_IN_SYNC, str(max(1, copies - 1))),
        }


LOG4J = """<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="ERROR">
  <Appenders>
    <Console name="trouble" target="SYSTEM_ERR"><PatternLayout pattern="%d{ISO8601} %p %m (%c)%n"/></Console>
    <RollingFile name="file" fileName="logs/kafka-server.log" filePattern="logs/kafka-server.log.%i">
      <PatternLayout pattern="%d{ISO8601} %p %m (%c)%n"/>
      <Policies><SizeBasedTriggeringPolicy size="8 MB"/></Policies>
      <DefaultRolloverStrategy max="2"/>
    </RollingFile>
  </Appenders>
  <Loggers>
    <Root level="INFO"><AppenderRef ref="file"/><AppenderRef ref="trouble" level="ERROR"/></Root>
  </Loggers>
</Configuration>
"""


def properties(log_dir: str, port: int, node: Node) -> str:
    """Return the text of server.properties; the directory is relative to the broker's working directory.

    (A relative one, because the format has trouble with commas and with letters outside Latin-1.)
    """
    broker, controller = f"PLAINTEXT://{LOOPBACK}:{port}", f"CONTROLLER://{LOOPBACK}:{node.controller_ports[node.id]}"
    doors = [f"{door.name}://{LOOPBACK}:{door.port}" for door in node.doors]
    advertised = [f"{door.name}://{LOOPBACK}:{door.advertised_port}" for door in node.doors]
    own = {
        "log.dirs": log_dir,
        "listeners": ",".join([broker, controller, *doors]),
        "advertised.listeners": ",".join([broker, *advertised]),
        "listener.security.protocol.map": ",".join(
            f"{name}:PLAINTEXT" for name in ("PLAINTEXT", "CONTROLLER", *(door.name for door in node.doors))
        ),
    }
    return "".join(f"{name}={value}\n" for name, value in {**_PROPERTIES, **node.properties(), **own}.items())


def command(
    java: Path, jars: Sequence[Path], root: Path, main_class: str, *arguments: str, jvm: Sequence[str] = ()
) -> list[str]:
    """Return the command line that runs a class of Kafka for the data directory `root`, which it names."""
    own = [f"-Djieban.data={root}", "-Djava.io.tmpdir=run", "-Dlog4j2.configurationFile=run/log4j2.xml"]
    return [str(java), *JVM_OPTIONS, *jvm, *own, "-cp", ":".join(map(str, jars)), main_class, *arguments]
