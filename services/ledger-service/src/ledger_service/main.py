"""Puts the ledger together; nothing imports this module but its entry points."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from eventbus.brokers import Brokers
from ledger_service.api import stream
from ledger_service.api.routers import ROUTERS
from ledger_service.domain.checkpoints import BadCheckpoint, Signer, origin_of
from ledger_service.domain.feedback_links import link_key
from ledger_service.domain.unsettled import Graces
from ledger_service.events import directory, field_activities, statements
from ledger_service.events.handler import SUBSCRIPTION
from ledger_service.persistence.reconciliation import EntryBook
from ledger_service.persistence.rereading import is_unfinished
from ledger_service.service.exporting import Exporting, LedgerFiles
from ledger_service.service.folding import EVERY as FOLD_EVERY
from ledger_service.service.folding import fold_on
from ledger_service.service.following_up import count_overdue
from ledger_service.service.hotspots import watch
from ledger_service.service.left_reviews import LeftReviews
from ledger_service.service.live import LiveFeed
from ledger_service.service.overview import Overviews
from ledger_service.service.proving import SignerOf, seal_and_sign
from ledger_service.service.publishing import publish_due
from ledger_service.service.reconciling import reconcile
from ledger_service.service.rereading import Rereading
from ledger_service.service.retallying import retally
from ledger_service.service.sealing import measure_unsealed
from ledger_service.service.unsettled import watch as watch_unsettled
from operations import wrong_codes
from operations.exporting.files import ExportFiles
from operations.exporting.making import ExportMaker
from operations.rounds import Rounds
from operations.service import Foundation, assemble
from runtime.auth import TokenVerifier
from runtime.lifecycle import Service
from runtime.settings import RuntimeSettings, UnusableSetting

_MAY_TAKE = timedelta(hours=1)
"""After an upgrade, facts and roll-ups of millions of complaints are made within one round."""


def build(settings: RuntimeSettings, verifier: TokenVerifier) -> Service:
    """Return the ledger service on `settings.ledger_database_url`; ValueError where that is not set."""
    foundation = Foundation.lay("ledger", settings, settings.ledger_database_url)
    zone = ZoneInfo(settings.timezone)
    signer_of = _signer_of(settings)
    graces = Graces.of_gates(settings.gate_days)
    files = ExportFiles(settings.exports_dir or settings.data_dir / "exports")
    keep_exports = timedelta(hours=settings.export_keep_hours)
    feed = LiveFeed(foundation.read_engine, stream.encode)
    activities = field_activities.subscription(zone)
    rereading = Rereading(foundation.engine, Brokers(foundation.kafka), [SUBSCRIPTION, activities])
    service = assemble(
        foundation,
        verifier,
        title="Jieban ledger 核查、结案、反馈",
        description="The whole story of every complaint, its verification, its closing and the reporter's word on it.",
        routers=ROUTERS,
        subscriptions=[
            SUBSCRIPTION,
            activities,
            statements.SUBSCRIPTION,
            directory.SUBSCRIPTION,
        ],
        applied=EntryBook(),
        is_reading_again=is_unfinished,
        workers={
            "relay": [
                *_rounds(foundation.engine, settings, signer_of, graces),
                *ExportMaker("ledger", foundation.engine, files, LedgerFiles(zone), keep_exports).workers(),
            ],
            "api": [Rounds("ledger stream", feed.tell, every=stream.EVERY)],
            "consumer": [Rounds("ledger reading again", rereading.work, every=timedelta(seconds=2))],
        },
        state={
            "signer_of": signer_of,
            "feed": feed,
            "graces": graces,
            "exporting": Exporting(foundation.engine, zone, settings.export_max_lines),
            "export_files": files,
            "overviews": Overviews(foundation.engine, zone),
            "reopening_window": timedelta(days=settings.reopening_days),
            "appeal_window": timedelta(days=settings.appeal_days),
            "feedback_key": _feedback_key(settings),
        },
    )
    feed.is_draining = lambda: service.app.state.readiness.draining
    return service


def _rounds(engine: AsyncEngine, settings: RuntimeSettings, signer_of: SignerOf | None, graces: Graces) -> list[Rounds]:
    """Return what any number of replicas do again and again."""
    zone = ZoneInfo(settings.timezone)
    work: list[tuple[str, Callable[[], Awaitable[object]], timedelta]] = [
        ("sealing", partial(seal_and_sign, engine, signer_of), timedelta(seconds=1)),
        ("seals", partial(measure_unsealed, engine), timedelta(seconds=30)),
        ("statistics", partial(fold_on, engine, settings.timezone), FOLD_EVERY),
        ("hot spots", partial(watch, engine), timedelta(seconds=10)),
        ("publishing", partial(publish_due, engine, zone), timedelta(seconds=10)),
        ("accounts", partial(watch_unsettled, engine, settings.tenant, graces), timedelta(seconds=15)),
        ("reconciliation", partial(reconcile, engine), timedelta(minutes=1)),
        ("follow-ups", partial(count_overdue, engine), timedelta(minutes=1)),
        ("reviews", LeftReviews(engine).work, timedelta(seconds=30)),
        ("facts", partial(retally, engine), timedelta(minutes=1)),
        ("query codes", partial(wrong_codes.forget, engine), timedelta(minutes=5)),
    ]
    return [Rounds(f"ledger {name}", each, every=every, may_take=_MAY_TAKE) for name, each, every in work]


def _signer_of(settings: RuntimeSettings) -> SignerOf | None:
    if settings.ledger_signing_secret is None:
        return None
    secret = settings.ledger_signing_secret.get_secret_value()
    earlier = [key for each in settings.ledger_earlier_keys.split(",") if (key := each.strip())]
    try:
        Signer(origin_of(settings.tenant), secret, earlier)
    except BadCheckpoint as error:
        raise UnusableSetting(f"JIEBAN_LEDGER_EARLIER_KEYS: {error}") from error
    return lambda tenant: Signer(origin_of(tenant), secret, earlier)


def _feedback_key(settings: RuntimeSettings) -> bytes | None:
    if settings.ledger_signing_secret is None:
        return None
    return link_key(settings.ledger_signing_secret.get_secret_value())
