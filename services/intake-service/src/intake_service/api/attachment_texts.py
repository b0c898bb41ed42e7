"""The problems of attachments, in Chinese and English."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from intake_service.persistence.blobs import StoreAway, staging_failed
from runtime.outages import is_outage
from runtime.problems import Problem, register_texts

log = structlog.get_logger()

register_texts(
    {
        "attachment-not-found": (
            "未找到附件",
            "Attachment not found",
            "没有这个附件，或您无权查看。",
            "There is no such attachment, or it is not yours to see.",
        ),
        "attachment-empty": ("附件为空", "Empty attachment", "文件没有内容。", "The file has no content."),
        "attachment-too-large": (
            "附件过大",
            "Attachment too large",
            "文件不得超过 {limit} 字节。",
            "The file may have at most {limit} bytes.",
        ),
        "attachment-type-unsupported": (
            "不支持的附件类型",
            "Unsupported attachment type",
            "按内容判断，文件不是可接受的图片、音频、视频或 PDF，见响应头 Accept。",
            "By its content, the file is no image, audio, video or PDF that is taken; see the header Accept.",
        ),
        "attachment-not-what-it-says": (
            "附件与所称类型不符",
            "Attachment is not what it says",
            "文件的内容是 {found}，与所称类型不符。",
            "The content of the file is {found}, which is not what its type says.",
        ),
        "image-too-large": (
            "图片像素过多",
            "Image too large",
            "图片不得超过 {pixels} 像素。",
            "An image may have at most {pixels} pixels.",
        ),
        "image-unreadable": (
            "图片无法读取",
            "Unreadable image",
            "图片已损坏或无法解码。",
            "The image is broken or cannot be decoded.",
        ),
        "too-many-attachments": (
            "附件过多",
            "Too many attachments",
            "一件诉求最多 {limit} 个附件。",
            "A complaint may have at most {limit} attachments.",
        ),
        "too-many-waiting": (
            "未使用的附件过多",
            "Too many unused attachments",
            "您已有 {limit} 个附件未被任何诉求引用，请先使用或稍后再试。",
            "{limit} of your attachments are in no complaint; use them, or try again later.",
        ),
        "multipart-needed": (
            "须为表单上传",
            "Form needed",
            "请求体须为带 boundary 的 multipart/form-data。",
            "The body must be multipart/form-data with a boundary.",
        ),
        "multipart-invalid": (
            "表单无法读取",
            "Unreadable form",
            "请求体不是完整有效的 multipart/form-data，或其文本不是 UTF-8、含有 NUL 字符。",
            "The body is not a complete, valid multipart/form-data, or a text in it is not UTF-8 or has a NUL.",
        ),
        "piece-needed": (
            "内容类型不符",
            "Unsupported media type",
            "请求体须为 application/offset+octet-stream。",
            "The body must be application/offset+octet-stream.",
        ),
        "upload-not-found": (
            "未找到上传任务",
            "Upload not found",
            "没有这个上传任务：已完成、已过期，或不属于您。",
            "There is no such upload: it is finished or too old, or it is not yours.",
        ),
        "upload-offset": (
            "上传位置不符",
            "Wrong offset",
            "该上传任务现有 {offset} 字节，请从此处继续。",
            "The upload has {offset} bytes; go on from there.",
        ),
        "upload-busy": (
            "正在上传",
            "Upload in progress",
            "另一个请求正在上传此文件。",
            "Another request is sending this file at the moment.",
        ),
        "upload-beyond-its-size": (
            "超出声明的大小",
            "More than its size",
            "内容超出声明的 {size} 字节。",
            "More has come than the {size} bytes that were announced.",
        ),
        "range-not-satisfiable": (
            "范围无效",
            "Range not satisfiable",
            "文件只有 {size} 字节。",
            "The file has {size} bytes only.",
        ),
        "attachment-store-unavailable": (
            "附件暂不可用",
            "Attachments unavailable",
            "附件存储暂不可用，请稍后重试。",
            "The store of attachments is unavailable; try again in a moment.",
        ),
        "checksum-mismatch": ("内容与 SHA-256 不符。", "The content has another SHA-256."),
        "upload-size-differs": (
            "该内容的上传任务声明的大小是 {size} 字节。",
            "The upload of this content was begun with {size} bytes.",
        ),
        "part-repeated": ("表单中重复出现。", "It stands twice in the form."),
        "attachment-repeated": ("附件重复。", "The attachment is named twice."),
        "unknown-attachment": ("没有这个附件，或不是您上传的。", "You have not uploaded such an attachment."),
        "attachment-in-use": ("附件已属于一件诉求。", "The attachment belongs to a complaint already."),
    }
)


@contextmanager
def store_at_hand() -> Iterator[None]:
    """Raise Problem 503 where the store or the file system refuses: it is full, read-only, or not there."""
    try:
        yield
    except OSError as error:
        if is_outage(error) or isinstance(error, ConnectionError | TimeoutError):
            raise
        if not isinstance(error, StoreAway):
            staging_failed()
        log.exception("attachment_store_unavailable", error=error.strerror)
        raise Problem(503, "attachment-store-unavailable", headers={"Retry-After": "30"}) from error
