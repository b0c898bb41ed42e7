"""Nobody acts in a ledger that was restored and does not know yet what was decided before."""

from sqlalchemy.ext.asyncio import AsyncConnection

from ledger_service.api.deps import ReadEngine
from ledger_service.persistence import rereading
from runtime.problems import Problem, register_texts

register_texts(
    {
        "reading-again": (
            "台账正在恢复",
            "The ledger is being restored",
            "台账由备份恢复，正在重读此后的事件；读完之前不受理操作，请稍后重试。",
            "The ledger was restored from a backup and reads again what has happened since: nobody acts until it has. "
            "Try again in a moment.",
        ),
    }
)
_RETRY_SECONDS = "30"


async def check_whole(connection: AsyncConnection) -> None:
    """Raise 503 `reading-again` while the ledger reads its topic again."""
    if await rereading.is_on(connection):
        raise Problem(503, "reading-again", headers={"Retry-After": _RETRY_SECONDS})


async def whole(engine: ReadEngine) -> None:
    """As a dependency of routes that look at something before they act."""
    async with engine.connect() as connection:
        await check_whole(connection)
