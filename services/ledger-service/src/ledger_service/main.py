"""Puts the ledger together; nothing imports this module but its entry points."""

from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from ledger_service.api import (
    actions,
    activities,
    bulletin,
    closing_rules,
    complaints,
    entries,
    exports,
    feedback,
    flow,
    follow_up_actions,
    follow_ups,
    hotspots,
    ledger_lines,
    ledgers,
    proofs,
    reconciliation,
    statistics,
    statistics_settings,
    stream,
)
from ledger_service.domain.checkpoints import Signer, origin_of
from ledger_service.domain.feedback_links import link_key
from ledger_service.events import field_activities
from ledger_service.events.handler import SUBSCRIPTION
from ledger_service.persistence.export_files import ExportFiles
from ledger_service.persistence.reconciliation import EntryBook
from ledger_service.service.export_making import CLEAR_EVERY, ExportMaker
from ledger_service.service.exporting import Exporting
from ledger_service.service.folding import EVERY, fold_changes
from ledger_service.service.following_up import count_overdue
from ledger_service.service.hotspots import watch
from ledger_service.service.live import LiveFeed
from ledger_service.service.proving import SignerOf, seal_and_sign
from ledger_service.service.reconciling import reconcile
from ledger_service.service.retallying import retally
from ledger_service.service.words import WrongCodes
from operations.rounds import Rounds
from operations.service import Foundation, assemble
from runtime.auth import TokenVerifier
from runtime.lifecycle import Service
from runtime.settings import RuntimeSettings


def build(settings: RuntimeSettings, verifier: TokenVerifier) -> Service:
    """Return the ledger service on `settings.ledger_database_url`; ValueError where that is not set."""
    foundation = Foundation.lay("ledger", settings, settings.ledger_database_url)
    signer_of = _signer_of(settings)
    sealing = Rounds("ledger sealing", partial(seal_and_sign, foundation.engine, signer_of), every=timedelta(seconds=1))
    reconciling = Rounds("ledger reconciliation", partial(reconcile, foundation.engine), every=timedelta(minutes=1))
    hot_spots = Rounds("ledger hot spots", partial(watch, foundation.engine), every=timedelta(seconds=10))
    zone = ZoneInfo(settings.timezone)
    files = ExportFiles(settings.exports_dir or settings.data_dir / "exports")
    maker = ExportMaker(foundation.engine, files, zone, keep=timedelta(hours=settings.export_keep_hours))
    clearing = Rounds("ledger exports janitor", maker.clear, every=CLEAR_EVERY)
    folding = Rounds("ledger statistics", partial(fold_changes, foundation.engine, settings.timezone), every=EVERY)
    retallying = Rounds("ledger facts", partial(retally, foundation.engine), every=timedelta(minutes=1))
    calls_due = Rounds("ledger follow-ups", partial(count_overdue, foundation.engine), every=timedelta(minutes=1))
    feed = LiveFeed(foundation.read_engine, stream.encode)
    service = assemble(
        foundation,
        verifier,
        title="Jieban ledger 核查、结案、反馈",
        description="The whole story of every complaint, its verification, its closing and the reporter's word on it.",
        routers=[
            complaints.router,
            actions.router,
            follow_up_actions.router,
            follow_ups.router,
            feedback.router,
            closing_rules.router,
            entries.router,
            activities.router,
            bulletin.router,
            stream.router,
            flow.router,
            proofs.router,
            reconciliation.router,
            hotspots.router,
            statistics.router,
            statistics_settings.router,
            ledger_lines.router,
            ledgers.router,
            exports.router,
        ],
        subscriptions=[SUBSCRIPTION, field_activities.subscription(zone)],
        applied=EntryBook(),
        workers={
            "relay": [reconciling, sealing, hot_spots, calls_due, maker, clearing, folding, retallying],
            "api": [Rounds("ledger stream", feed.tell, every=stream.EVERY)],
        },
        state={
            "signer_of": signer_of,
            "feed": feed,
            "exporting": Exporting(foundation.engine, zone, settings.export_max_lines),
            "export_files": files,
            "reopening_window": timedelta(days=settings.reopening_days),
            "feedback_key": _feedback_key(settings),
            "wrong_codes": WrongCodes(),
        },
    )
    feed.is_draining = lambda: service.app.state.readiness.draining
    return service


def _signer_of(settings: RuntimeSettings) -> SignerOf | None:
    if settings.ledger_signing_secret is None:
        return None
    secret = settings.ledger_signing_secret.get_secret_value()
    return lambda tenant: Signer(origin_of(tenant), secret)


def _feedback_key(settings: RuntimeSettings) -> bytes | None:
    if settings.ledger_signing_secret is None:
        return None
    return link_key(settings.ledger_signing_secret.get_secret_value())
