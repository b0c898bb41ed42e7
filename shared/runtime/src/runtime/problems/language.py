"""Which of the two languages a caller wants."""

from typing import Literal

Language = Literal["zh-CN", "en"]
_RANGES_READ = 10


def preferred_language(accept_language: str | None) -> Language:
    """Return `en` where the caller ranks English above Chinese and every other wish, else `zh-CN`."""
    best: tuple[float, Language] = (0.0, "zh-CN")
    for item in (accept_language or "").split(",", _RANGES_READ)[:_RANGES_READ]:
        tag, _, parameters = item.partition(";")
        language = _language_of(tag.strip().lower())
        quality = _quality(parameters)
        if language and quality > best[0]:
            best = (quality, language)
    return best[1]


def _language_of(tag: str) -> Language | None:
    primary = tag.split("-", 1)[0]
    if primary == "en":
        return "en"
    return "zh-CN" if primary in {"zh", "*"} else None


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
