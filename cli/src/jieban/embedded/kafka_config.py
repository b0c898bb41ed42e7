"""The configuration of the embedded broker: one node that is broker and controller."""

from collections.abc import Sequence
from pathlib import Path

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
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    # a killed broker's registration lapses after the session: until then its successor may not open the port
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
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


def properties(log_dir: str, port: int, controller_port: int) -> str:
    """Return the text of server.properties; the directory is relative to the broker's working directory.

    (A relative one, because the format has trouble with commas and with letters outside Latin-1.)
    """
    broker, controller = f"PLAINTEXT://{LOOPBACK}:{port}", f"CONTROLLER://{LOOPBACK}:{controller_port}"
    own = {
        "log.dirs": log_dir,
        "listeners": f"{broker},{controller}",
        "advertised.listeners": broker,
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
    }
    return "".join(f"{name}={value}\n" for name, value in (_PROPERTIES | own).items())


def command(java: Path, jars: Sequence[Path], root: Path, main_class: str, *arguments: str) -> list[str]:
    """Return the command line that runs a class of Kafka for the data directory `root`, which it names."""
    jvm = [*JVM_OPTIONS, f"-Djieban.data={root}", "-Djava.io.tmpdir=run", "-Dlog4j2.configurationFile=run/log4j2.xml"]
    return [str(java), *jvm, "-cp", ":".join(map(str, jars)), main_class, *arguments]
