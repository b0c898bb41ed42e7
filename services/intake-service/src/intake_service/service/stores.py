"""Which store the settings name."""

from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from intake_service.persistence.blobs import Blobs
from intake_service.persistence.folder_blobs import FolderBlobs
from intake_service.persistence.paired_blobs import PairedBlobs
from intake_service.persistence.pieces import FolderPieces, Pieces
from intake_service.persistence.s3_blobs import S3Blobs
from intake_service.persistence.s3_objects import S3Keys, S3Place
from intake_service.persistence.s3_pieces import S3Pieces
from intake_service.persistence.staging import Staging
from runtime.settings import FOLDER, RuntimeSettings, UnusableSetting


def folder_of(settings: RuntimeSettings) -> Path:
    """Return the folder of files on their way, and of the store where that is one."""
    return (settings.attachments_dir or settings.data_dir / "attachments").expanduser().absolute()


def blobs_of(settings: RuntimeSettings) -> Blobs:
    """Return the store, of two where contents move; UnusableSetting where what its settings name cannot be used."""
    first = _store(settings, settings.attachments_store)
    if settings.attachments_second_store is None:
        return first
    if settings.attachments_second_store == settings.attachments_store:
        raise UnusableSetting("JIEBAN_ATTACHMENTS_SECOND_STORE is JIEBAN_ATTACHMENTS_STORE")
    return PairedBlobs(first, _store(settings, settings.attachments_second_store))


def pieces_of(blobs: Blobs, engine: AsyncEngine, staging: Staging) -> Pieces:
    """Return where the pieces of uploads are: with new contents, so that all replicas that share these share them."""
    store = blobs.first if isinstance(blobs, PairedBlobs) else blobs
    return S3Pieces(engine, store.objects, staging) if isinstance(store, S3Blobs) else FolderPieces(staging)


def _store(settings: RuntimeSettings, named: str) -> Blobs:
    if named == FOLDER:
        return FolderBlobs(folder_of(settings))
    bucket, _, prefix = named.removeprefix("s3://").partition("/")
    return S3Blobs(
        S3Place(
            bucket=bucket,
            prefix=prefix.strip("/"),
            endpoint=settings.attachments_s3_endpoint,
            region=settings.attachments_s3_region,
            path_style=settings.attachments_s3_path_style,
            keys=_keys(settings),
            root_certificate=_certificate(settings.attachments_s3_cafile),
        )
    )


def _keys(settings: RuntimeSettings) -> S3Keys | None:
    secret = settings.attachments_s3_secret_key
    if settings.attachments_s3_access_key is not None and secret is not None:
        return S3Keys(settings.attachments_s3_access_key, secret.get_secret_value())
    if settings.attachments_s3_access_key is not None or secret is not None:
        raise UnusableSetting("of JIEBAN_ATTACHMENTS_S3_ACCESS_KEY and JIEBAN_ATTACHMENTS_S3_SECRET_KEY one is not set")
    return None


def _certificate(path: Path | None) -> bytes | None:
    try:
        return path.read_bytes() if path is not None else None
    except OSError as error:
        raise UnusableSetting(f"JIEBAN_ATTACHMENTS_S3_CAFILE cannot be read: {error.strerror}") from error
