"""Puts the ledger together; nothing imports this module but its entry points."""

from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from ledger_service.api import (
    actions,
    activities,
    appeals,
    bulletin,
    closing_rules,
    complaints,
    endings,
    entries,
    exclusions,
    exports,
    feedback,
    flow,
    follow_up_actions,
    follow_ups,
    hotspots,
    ledger_lines,
    ledgers,
    open_cases,
    overview,
    proofs,
    public,
    public_settings,
    reconciliation,
    reconciliations,
    statistics,
    statistics_settings,
    stream,
    tickets,
    unsettled,
)
from ledger_service.domain.checkpoints import Signer, origin_of
from ledger_service.domain.feedback_links import link_key
from ledger_service.domain.unsettled import Graces
from ledger_service.events import directory, field_activities, statements
from ledger_service.events.handler import SUBSCRIPTION
from ledger_service.persistence.export_files import ExportFiles
from ledger_service.persistence.reconciliation import EntryBook
from ledger_service.service.export_making import CLEAR_EVERY, ExportMaker
from ledger_service.service.exporting import Exporting
from ledger_service.service.folding import EVERY, fold_changes
from ledger_service.service.following_up import count_overdue
from ledger_service.service.hotspots import watch
from ledger_service.service.live import LiveFeed
from ledger_service.service.overview import Overviews
from ledger_service.service.proving import SignerOf, seal_and_sign
from ledger_service.service.publishing import publish_due
from ledger_service.service.reconciling import reconcile
from ledger_service.service.retallying import retally
from ledger_service.service.unsettled import watch as watch_unsettled
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
    graces = Graces.of_gates(settings.gate_days)
    accounting = Rounds(
        "ledger accounts",
        partial(watch_unsettled, foundation.engine, settings.tenant, graces),
        every=timedelta(seconds=15),
    )
    publishing = Rounds(
        "ledger publishing",
        partial(publish_due, foundation.engine, zone),
        every=timedelta(seconds=10),
    )
    calls_due = Rounds("ledger follow-ups", partial(count_overdue, foundation.engine), every=timedelta(minutes=1))
    files = ExportFiles(settings.exports_dir or settings.data_dir / "exports")
    maker = ExportMaker(foundation.engine, files, zone, keep=timedelta(hours=settings.export_keep_hours))
    clearing = Rounds("ledger exports janitor", maker.clear, every=CLEAR_EVERY)
    folding = Rounds("ledger statistics", partial(fold_changes, foundation.engine, settings.timezone), every=EVERY)
    retallying = Rounds("ledger facts", partial(retally, foundation.engine), every=timedelta(minutes=1))
    feed = LiveFeed(foundation.read_engine, stream.encode)
    service = assemble(
        foundation,
        verifier,
        title="Jieban ledger 核查、结案、反馈",
        description="The whole story of every complaint, its verification, its closing and the reporter's word on it.",
        routers=[
            complaints.router,
            actions.router,
            endings.router,
            appeals.router,
            exclusions.router,
            follow_up_actions.router,
            follow_ups.router,
            feedback.router,
            closing_rules.router,
            entries.router,
            activities.router,
            bulletin.router,
            stream.router,
            tickets.router,
            flow.router,
            proofs.router,
            reconciliation.router,
            reconciliations.router,
            unsettled.router,
            public_settings.router,
            public.router,
            hotspots.router,
            statistics.router,
            statistics_settings.router,
            ledger_lines.router,
            ledgers.router,
            exports.router,
            overview.router,
            open_cases.router,
        ],
        subscriptions=[
            SUBSCRIPTION,
            field_activities.subscription(zone),
            statements.SUBSCRIPTION,
            directory.SUBSCRIPTION,
        ],
        applied=EntryBook(),
        workers={
            "relay": [
                *(reconciling, accounting, publishing, sealing, hot_spots),
                *(calls_due, maker, clearing, folding, retallying),
            ],
            "api": [Rounds("ledger stream", feed.tell, every=stream.EVERY)],
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
