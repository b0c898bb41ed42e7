"""The refusals of classified ledgers and exports."""

from runtime.problems import Problem, register_texts

EXPORTS_PATH = "/ledger/v1/exports"

register_texts(
    {
        "ledger-not-found": ("未找到台账", "Ledger not found", "没有这个台账。", "There is no such ledger."),
        "ledger-is-shipped": (
            "系统自带台账",
            "The ledger is shipped",
            "系统自带的台账不能删除，可以重新定义。",
            "A ledger that is shipped cannot be taken away; it can be defined otherwise.",
        ),
        "too-many-ledgers": (
            "台账过多",
            "Too many ledgers",
            "最多可定义 {most} 个台账。",
            "{most} ledgers can be defined at most.",
        ),
        "ledger-column-unknown": ("没有这一列。", "There is no such column."),
        "ledger-column-twice": ("该列重复。", "The column is there twice."),
        "ledger-period-unknown": ("这类台账没有这个时间。", "Lines of this subject have no such time."),
        "ledger-group-unknown": ("不能按此分组。", "Lines cannot be grouped by this."),
        "ledger-filter-of-other-subject": (
            "这类台账没有这个筛选条件。",
            "Lines of this subject cannot match this filter.",
        ),
        "ledger-code-invalid": (
            "编码由字母、数字、- 和 _ 组成。",
            "A code has letters, digits, - and _ only.",
        ),
        "ledger-category-invalid": (
            "类别编码为一至三级，用点分隔，如 street_order.parking。",
            "A category has one to three parts with dots between, such as street_order.parking.",
        ),
        "ledger-handling-mode-unknown": ("没有这种处置方式。", "There is no such handling mode."),
        "ledger-status-unknown": ("没有这种状态。", "There is no such status."),
        "ledger-kind-unknown": ("没有这类活动。", "There is no such kind of activity."),
        "ledger-matches-nothing": (
            "处于所选状态的诉求没有该台账所依据的时间，或不符合按期条件，台账将始终为空。",
            "What is in these states lacks the time that the ledger goes by, or is never on time or late as it wants.",
        ),
        "export-too-large": (
            "导出行数过多",
            "The export is too large",
            "超过 {limit} 行。请缩小范围，或在 {exports} 申请后台导出。",
            "It has more than {limit} lines: narrow it down, or have it made in the background at {exports}.",
        ),
    }
)


def ledger_not_found() -> Problem:
    """Return the answer for a name that no ledger of the tenant has."""
    return Problem(404, "ledger-not-found")


def export_too_large(limit: int) -> Problem:
    """Return the answer to a download of too many lines, with the way to have it all the same."""
    extra = {"limit": limit, "exports": EXPORTS_PATH}
    return Problem(413, "export-too-large", extra=extra, limit=limit, exports=EXPORTS_PATH)


def exports_busy() -> Problem:
    """Return the answer where this process makes as many files as it can."""
    return Problem(503, "exports-busy", headers={"Retry-After": "5"})
