"""What may be wrong with a file that somebody sends, in words."""

from runtime.problems import register_texts

register_texts(
    {
        "file-kind-unsupported": (
            "不支持的文件类型",
            "Unsupported kind of file",
            "请以 Content-Type 说明文件类型，应为以下之一：{kinds}。",
            "Name the kind of file by Content-Type, one of: {kinds}.",
        ),
        "file-kind-wrong": (
            "文件类型不符",
            "Not that kind of file",
            "文件内容不是 {kind}。旧版 .xls 请先另存为 .xlsx 或 CSV。",
            "The file is no {kind}. Save an old .xls as .xlsx or CSV first.",
        ),
        "file-encoding": (
            "文件编码无法识别",
            "Unknown encoding",
            "文件既不是 UTF-8 也不是 GB18030（第 {position} 字节处）。",
            "The file is neither UTF-8 nor GB18030 (at byte {position}).",
        ),
        "file-empty": (
            "文件没有表头",
            "No headings",
            "第一行应为列名：{columns}。",
            "The first line has to be the headings: {columns}.",
        ),
        "csv-invalid": (
            "CSV 格式有误",
            "Invalid CSV",
            "第 {line} 行附近的引号或单元格有误。",
            "A quotation mark or a cell near line {line} is not right.",
        ),
        "workbook-unreadable": (
            "工作簿无法读取",
            "Unreadable workbook",
            "文件已损坏、已加密，或不是 .xlsx 工作簿。",
            "The file is damaged, encrypted, or no .xlsx workbook.",
        ),
        "workbook-too-large": (
            "工作簿过大",
            "Workbook too large",
            "解压后不得超过 {most} 字节。",
            "It may have at most {most} bytes when it is unpacked.",
        ),
        "too-many-lines": (
            "行数过多",
            "Too many lines",
            "一个文件最多 {most} 行，请分成几个文件。",
            "A file may have {most} lines; divide it.",
        ),
        "column-missing": ("缺少该列。", "The column is missing."),
        "column-twice": ("该列重复出现。", "The column comes twice."),
        "column-unknown": ("没有这一列；可用的列：{columns}。", "No such column; there are: {columns}."),
        "cell-beyond": ("单元格超出了表头的列。", "The cell lies beyond the headings."),
    }
)
