"""Puts intake together; nothing imports this module but its entry points."""

from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.topics import LIFECYCLE
from eventbus.slices import Subscription
from intake_service.api import (
    attachments,
    complaints,
    configuration,
    configuration_files,
    drafts,
    erasures,
    export_jobs,
    exports,
    followed,
    import_texts,
    imports,
    listing,
    locations,
    merging,
    questions,
    reclassifications,
    references,
    rejections,
    reporter_texts,
    reports,
    same_reporter,
    saved_filters,
    search_texts,
    similar,
    suggestions,
    supplements,
    texts,
    tracking,
    triage,
    triage_rules,
    triage_texts,
    uploads,
    withdrawals,
)
from intake_service.api.filter_fields import read_filters
from intake_service.api.open311 import facade as open311
from intake_service.api.report_reading import read_report
from intake_service.events import directory, lifecycle, photos
from intake_service.persistence.numbers import Numbers
from intake_service.persistence.queries import Complaints
from intake_service.service import awaiting, triaging
from intake_service.service.accept import Intake
from intake_service.service.areas import Areas
from intake_service.service.asking_limits import AskingLimit
from intake_service.service.attaching import PATH, Attaching
from intake_service.service.attachment_janitor import AttachmentJanitor
from intake_service.service.drafting import Drafting
from intake_service.service.erasing import Erasing, Retention
from intake_service.service.export_forms import Look
from intake_service.service.export_making import ComplaintFiles
from intake_service.service.exporting import Exporting
from intake_service.service.importing import Importing, ImportLimits
from intake_service.service.lapsing import lapse_due
from intake_service.service.likeness_index import LikenessIndex
from intake_service.service.listing import Listing, listing_engine
from intake_service.service.locating import Locating
from intake_service.service.reading import Reader
from intake_service.service.references import References
from intake_service.service.report_counts import EVERY
from intake_service.service.report_limits import limits_of
from intake_service.service.similar import SimilarComplaints
from intake_service.service.stations import Stations
from intake_service.service.suggesting import Categoriser
from intake_service.service.triage_rulebooks import TriageRulebooks
from intake_service.service.watching import Watch
from operations import accounts, wrong_codes
from operations.exporting.files import ExportFiles
from operations.exporting.making import ExportMaker
from operations.rounds import Rounds
from operations.service import Foundation, assemble
from runtime.auth import TokenVerifier
from runtime.lifecycle import Service
from runtime.problems import render_below
from runtime.settings import RuntimeSettings

__all__ = ["build", "import_texts", "reporter_texts", "search_texts", "texts", "triage_texts"]

_FORM_SLACK = 65_536
"""Bytes of a form beside its file."""


def build(settings: RuntimeSettings, verifier: TokenVerifier) -> Service:
    """Return the intake service on `settings.intake_database_url`; ValueError where that is not set."""
    foundation = Foundation.lay("intake", settings, settings.intake_database_url)
    zone = ZoneInfo(settings.timezone)
    numbers = Numbers(foundation.engine, zone)
    lists = listing_engine(settings)
    reader = Reader(foundation.engine)
    categoriser = Categoriser.of(settings)
    known = References(foundation.read_engine)
    areas = Areas(foundation.read_engine)
    attaching = Attaching.of(settings, foundation.engine)
    janitor = AttachmentJanitor(foundation.engine, attaching.staging, attaching.pieces, attaching.removing)
    drafting = Drafting(
        foundation.engine,
        timedelta(days=settings.draft_days),
        settings.drafts_per_person,
        settings.attachments_per_complaint,
    )
    erasing = Erasing(foundation.engine, attaching.removing.remove)
    rulebooks = TriageRulebooks(foundation.read_engine, zone)
    watch = Watch(foundation.read_engine, rulebooks, limits_of(settings))
    intake = Intake(
        foundation.engine,
        foundation.hot_engine,
        numbers,
        known,
        areas,
        categoriser,
        settings.attachments_per_complaint,
        watch,
        Stations(foundation.read_engine, refuse_unknown=settings.refuse_unknown_stations),
    )
    importing = Importing(
        foundation.engine,
        intake,
        read_report,
        attaching.staging.imports,
        ImportLimits(settings.import_max_bytes, settings.import_max_rows, settings.imports_waiting),
        zone,
    )
    new_look = partial(Look, zone=zone, statuses=texts.STATUS_LABELS, kinds=texts.KIND_LABELS)
    files = ExportFiles((settings.exports_dir or settings.data_dir / "exports") / "intake")
    contents = ComplaintFiles(foundation.engine, known, new_look, read_filters)
    keep_exports = timedelta(hours=settings.export_keep_hours)
    following = Subscription("intake", LIFECYCLE.name, lifecycle.TYPES, lifecycle.follow)
    service = assemble(
        foundation,
        verifier,
        title="Jieban intake 受理",
        description="Receives complaints 诉求 from residents, operators, inspectors and partner systems.",
        routers=[
            reports.router,
            listing.router,
            exports.router,
            complaints.router,
            saved_filters.router,
            tracking.router,
            supplements.router,
            withdrawals.router,
            questions.router,
            drafts.router,
            locations.router,
            erasures.router,
            rejections.router,
            reclassifications.router,
            triage_rules.router,
            triage.router,
            references.router,
            configuration.router,
            configuration_files.router,
            suggestions.router,
            similar.router,
            merging.router,
            followed.router,
            same_reporter.router,
            attachments.router,
            uploads.router,
            imports.router,
            export_jobs.router,
        ],
        subscriptions=[
            following,
            directory.SUBSCRIPTION,
            photos.SUBSCRIPTION,
            accounts.subscription("intake", following),
        ],
        gather_seconds=0.1,  # progress for reporters to read, and the word on a withdrawal
        state={
            "intake": intake,
            "importing": importing,
            "triage_rulebooks": rulebooks,
            "references": known,
            "locating": Locating(foundation.engine, areas),
            "attaching": attaching,
            "categoriser": categoriser,
            "drafting": drafting,
            "erasing": erasing,
            "similar": SimilarComplaints(foundation.read_engine),
            "asking_limit": AskingLimit(30, timedelta(minutes=10)),
            "complaints": Complaints(foundation.read_engine),
            "listing": Listing(lists),
            "exporting": Exporting(foundation.engine, known, settings.export_max_lines),
            "export_files": files,
            "new_look": new_look,
        },
        # with the API, because whoever serves files has the folder
        workers={
            "api": [
                Rounds("intake attachments", janitor.clean, every=timedelta(minutes=10)),
                importing,
                Rounds("intake imports over", importing.clean, every=timedelta(minutes=10)),
                Rounds("intake drafts", drafting.expire, every=timedelta(minutes=10)),
                Rounds("intake watch", watch.renew, every=EVERY),
                *ExportMaker("intake", foundation.engine, files, contents, keep_exports).workers(),
                *_retention(settings, foundation.engine, erasing),
            ],
            "relay": [
                Rounds("intake words", reader.work, every=timedelta(seconds=0.5)),
                Rounds("intake likeness", LikenessIndex(foundation.engine).work, every=timedelta(seconds=1)),
                Rounds("intake words missed", reader.look_back, every=timedelta(hours=1), may_take=timedelta(hours=12)),
                Rounds("intake photos", partial(awaiting.take_in, foundation.engine), every=timedelta(seconds=2)),
                Rounds("intake triage", partial(triaging.go_on, foundation.engine), every=timedelta(seconds=1)),
                Rounds("intake triage ended", partial(triaging.end, foundation.engine), every=timedelta(seconds=30)),
                Rounds("intake questions", partial(lapse_due, foundation.engine), every=timedelta(seconds=1)),
                Rounds(
                    "intake query codes", partial(wrong_codes.forget, foundation.engine), every=timedelta(minutes=5)
                ),
            ],
        },
        on_close=[lists.dispose],
        checks={"attachments": attaching.blobs.check},
        body_limits={
            PATH: settings.attachment_max_bytes + _FORM_SLACK,
            f"{PATH}/uploads/": settings.attachment_max_bytes,
            f"{PATH}/by-code/": settings.attachment_max_bytes + _FORM_SLACK,
            imports.PATH: settings.import_max_bytes + 2 * _FORM_SLACK,
            "/intake/v1/configuration/": configuration.BODY_LIMIT,
        },
        # all files of a form together as long as one may be alone
        form_limits={
            "/intake/v1/complaints": settings.attachment_max_bytes + settings.max_body_bytes + _FORM_SLACK,
            **dict.fromkeys(open311.FORMS, settings.attachment_max_bytes + _FORM_SLACK),
        },
        facades=open311.ROUTERS,
    )
    render_below(service.app, f"{open311.PREFIX}/", open311.render)
    return service


def _retention(settings: RuntimeSettings, engine: AsyncEngine, erasing: Erasing) -> list[Rounds]:
    if settings.personal_data_days is None:
        return []
    keep = timedelta(days=settings.personal_data_days)
    retention = Retention(engine, erasing, keep=keep, texts=settings.erasure_of_texts)
    return [Rounds("intake retention", retention.work, every=timedelta(seconds=30))]
