"""Settings of a process, read from the environment once, by entry points only."""

import hashlib
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, NonNegativeInt, PositiveFloat, PositiveInt, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from runtime.database_urls import normal_url

MIN_SECRET_BYTES = 32
_PLACEHOLDERS = ("changeme", "change-me", "change_me", "placeholder", "your-secret", "secretsecret", "example")


def _real_secret(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if len(text.encode()) < MIN_SECRET_BYTES:
        raise ValueError(f"must have at least {MIN_SECRET_BYTES} bytes")
    if len(set(text)) < 8 or any(word in text.lower() for word in _PLACEHOLDERS):
        raise ValueError("is a placeholder; make one with: openssl rand -hex 32")
    return secret


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("is not a time zone this machine knows") from error
    return name


def _networks(text: str) -> str:
    for each in filter(None, text.split(",")):
        try:
            ip_network(each.strip())
        except ValueError as error:
            raise ValueError(f"{each.strip()!r} is no address and no network such as 10.1.0.0/16") from error
    return text


class UnusableSetting(ValueError):
    """What a setting names cannot be used; says which and why, without a secret."""


DatabaseUrl = Annotated[str, AfterValidator(normal_url)]
FOLDER = "folder"
AttachmentsStore = Annotated[
    str,
    Field(
        pattern=rf"^({FOLDER}|s3://[0-9a-z][0-9a-z.-]{{1,61}}[0-9a-z](/[0-9A-Za-z_-][0-9A-Za-z._-]{{0,63}}){{0,8}}/?)$"
    ),
]


class RuntimeSettings(BaseSettings):
    """Everything an operator may set, as `JIEBAN_<NAME>`; a bad value stops the start with its name."""

    model_config = SettingsConfigDict(
        env_prefix="JIEBAN_", env_ignore_empty=True, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    data_dir: Path = Path(".jieban")
    """Where the embedded PostgreSQL and Kafka keep their files."""
    tenant: Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,32}$")] = "522723"
    """The county, by its GB/T 2260 code."""
    timezone: Annotated[str, AfterValidator(_known_zone)] = "Asia/Shanghai"

    intake_database_url: DatabaseUrl | None = Field(default=None, repr=False)
    dispatch_database_url: DatabaseUrl | None = Field(default=None, repr=False)
    ledger_database_url: DatabaseUrl | None = Field(default=None, repr=False)
    ledger_migration_database_url: DatabaseUrl | None = Field(default=None, repr=False)
    """The ledger's database as who owns its tables; by default the service's login does."""
    database_pool_size: PositiveInt = 10
    database_pool_timeout_seconds: PositiveFloat = 5.0

    kafka_bootstrap_servers: str = "127.0.0.1:9092"
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    kafka_sasl_username: str | None = None
    kafka_sasl_password: SecretStr | None = None
    kafka_ssl_cafile: Path | None = None
    instance: Annotated[str, Field(pattern=r"^[0-9A-Za-z._-]{1,100}$")] | None = None
    """A name that stays with this replica over restarts: Kafka then gives it its partitions back at once."""

    token_secret: Annotated[SecretStr, AfterValidator(_real_secret)] | None = None
    """Key of the local token issuer (HS256)."""
    ledger_signing_secret: Annotated[SecretStr, AfterValidator(_real_secret)] | None = None
    """What the key is made from that signs the ledger's checkpoints: the same for all replicas, and kept for ever."""
    ledger_earlier_keys: str = ""
    """Public keys of the ledger from before its signing secret was another one, with commas between."""
    oidc_issuer: str | None = None
    oidc_audience: str = "jieban"

    category_model: Path | None = None
    """What `jieban train-categories` wrote; without one, intake suggests categories by the model it comes with."""
    category_adoption: bool = True
    """Whether a suggested category is taken where the model is sure enough; otherwise operators decide each."""
    category_threshold: Annotated[float, Field(gt=0, le=1)] | None = None
    """The confidence from which it is taken; without one, the threshold that the model was trained to."""

    reopening_days: Annotated[int, Field(ge=0, le=366)] = 15
    """For how many days after its closing a complaint may be reopened 重办."""
    appeal_days: Annotated[int, Field(ge=0, le=366)] = 7
    """For how many days after a rating the unit may appeal against it 申诉."""

    personal_data_days: Annotated[int, Field(ge=30, le=36_500)] | None = None
    """For how many days after the last change of an ended complaint its personal data is kept; by default, for good."""
    erasure_of_texts: bool = True
    """Whether an erasure takes all that was written too, with place and attachments; otherwise only who reported."""
    question_days: Annotated[int, Field(ge=1, le=60)] = 5
    """For how many days the clock waits for the reporter's answer to a question."""
    gate_days: Annotated[int, Field(ge=1, le=366)] = 3
    """For how many days a complaint may wait for a closing gate before it counts as unsettled 件件有着落."""

    position_days: Annotated[int, Field(ge=2, le=366)] = 30
    """For how many days it is kept where officers were; devices may send positions a day late."""

    attachments_dir: Path | None = None
    """Where intake keeps attachments, the same folder for all of its replicas; by default, in the data directory."""
    attachments_store: AttachmentsStore = FOLDER
    """Where it keeps them instead once they are whole: `s3://bucket/prefix`."""
    attachments_second_store: AttachmentsStore | None = None
    """Where they are read too, while they move from there to the first: `folder` or `s3://bucket/prefix`."""
    attachments_s3_endpoint: Annotated[str, Field(pattern=r"^https?://[^/?#@\s]+$")] | None = None
    """The URL of an S3-compatible service; without one, Amazon's."""
    attachments_s3_region: Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")] = "us-east-1"
    attachments_s3_path_style: bool = True
    """Whether the bucket stands in the path of the service's URLs, or in the name of its host."""
    attachments_s3_access_key: str | None = Field(default=None, repr=False)
    attachments_s3_secret_key: SecretStr | None = None
    """Without the two keys, intake looks for some where AWS's tools do."""
    attachments_s3_cafile: Path | None = None
    attachment_max_bytes: PositiveInt = 100_000_000
    attachment_max_image_bytes: PositiveInt = 30_000_000
    attachment_max_pixels: Annotated[int, Field(ge=1, le=500_000_000)] = 64_000_000
    attachments_per_complaint: Annotated[int, Field(ge=1, le=100)] = 20
    attachments_waiting: PositiveInt = 100
    """How many uploads of one citizen or partner may wait for a complaint that refers to them."""
    import_max_bytes: PositiveInt = 100_000_000
    import_max_rows: PositiveInt = 1_000_000
    imports_waiting: PositiveInt = 10
    """How many imports of one tenant may be on their way."""
    draft_days: Annotated[int, Field(ge=1, le=366)] = 30
    """For how many days after its last change a draft of a report is kept."""
    drafts_per_person: Annotated[int, Field(ge=1, le=1000)] = 20
    reports_per_hour: PositiveInt | None = None
    """How many complaints a citizen may file in an hour, and in a day; by default, any number."""
    reports_per_day: PositiveInt | None = None
    reports_per_phone_hour: PositiveInt | None = None
    """How many complaints citizens may file with one phone in an hour, and in a day; by default, any number."""
    reports_per_phone_day: PositiveInt | None = None
    reports_per_device_hour: NonNegativeInt = 20
    """How many complaints citizens may file from one device in an hour, and in a day; 0: any number."""
    reports_per_device_day: NonNegativeInt = 60
    refuse_unknown_stations: bool = False
    """Whether a complaint is refused that names a station which intake has not heard of, rather than marked."""
    attachment_decoders: Annotated[int, Field(ge=1, le=64)] = 2
    """How many images are decoded at once, each in a process of its own."""

    open311_public: bool = False
    """Whether requests are listed over Open311 without a key: without words, address or exact place."""
    open311_contact: Annotated[str, Field(max_length=500)] = "The operator of this site"
    """Who answers questions on the Open311 endpoint, for its discovery document."""

    exports_dir: Path | None = None
    """Where ledger and intake keep the files of exports, the same folder for all replicas; else in the data folder."""
    export_max_lines: PositiveInt = 100_000
    """Of so many lines a file is made while it is downloaded; of more, in the background."""
    export_keep_hours: Annotated[int, Field(ge=1, le=8_760)] = 72
    """For how long the file of an export is kept."""

    trusted_proxies: Annotated[str, AfterValidator(_networks)] = ""
    """Addresses and networks of gateways, with commas between: from these, `X-Forwarded-For` says who it is."""
    drain_seconds: Annotated[float, Field(ge=0, le=600)] = 0.0
    """After SIGTERM: how long requests are still taken while /readyz says that they should go elsewhere."""
    max_body_bytes: PositiveInt = 1_000_000
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"

    def cursor_key(self) -> bytes:
        """Return the key that signs list cursors: the same in every replica, of no use for anything else."""
        secret = self.token_secret.get_secret_value() if self.token_secret else ""
        urls = (self.intake_database_url, self.dispatch_database_url, self.ledger_database_url)
        material = "\n".join(("jieban list cursors", secret, *(url or "" for url in urls if not secret)))
        return hashlib.sha256(material.encode()).digest()
