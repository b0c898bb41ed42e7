"""The words of refused imports, in Chinese and English."""

from runtime.problems import register_texts

ENDED_ZH = {"done": "已完成", "cancelled": "已取消", "failed": "已失败"}
"""What Chinese texts call the states of imports that have ended."""

register_texts(
    {
        "import-mapping-invalid": ("映射有误", "The mapping is wrong", "{reason_zh}", "{reason_en}"),
        "import-file-unreadable": ("文件不能读取", "The file cannot be read", "{reason_zh}", "{reason_en}"),
        "import-columns-missing": ("文件缺少列", "The file lacks columns", "{reason_zh}", "{reason_en}"),
        "import-column-missing": ("缺少列：{needs_zh}。", "A column is missing: {needs_en}."),
        "import-kind-unknown": (
            "不支持的文件类型",
            "Not a kind of file that is imported",
            "文件名应以下列之一结尾：{kinds}。",
            "The name of the file has to end in one of {kinds}.",
        ),
        "import-file-too-large": (
            "文件过大",
            "The file is too large",
            "文件不得超过 {limit} 字节，请拆分。",
            "The file may have at most {limit} bytes: split it.",
        ),
        "too-many-imports": (
            "导入任务过多",
            "Too many imports",
            "最多同时有 {limit} 个导入任务，请等待或取消。",
            "At most {limit} imports may be on their way: wait for one, or cancel it.",
        ),
        "import-not-found": ("未找到导入任务", "Import not found", "没有这个导入任务。", "There is no such import."),
        "import-has-ended": (
            "导入任务已结束",
            "The import has ended",
            "导入任务已结束（{state_zh}），不能取消。",
            "The import has ended ({state}), so there is nothing left to cancel.",
        ),
    }
)
