"""Problem texts of searching, saved filters and exports, in Chinese and English."""

from runtime.problems import register_texts

register_texts(
    {
        "search-too-long": ("检索内容最多 {most} 个字符。", "What is looked for may have at most {most} characters."),
        "search-too-many-terms": ("检索词最多 {most} 个。", "At most {most} words or phrases can be looked for."),
        "search-prefix-too-short": (
            "通配符 * 前须有至少 {most} 个字母。",
            "Before the * there must be at least {most} letters, and nothing else.",
        ),
        "search-empty": (
            "请至少提供一个要检索的词（不能只有排除词或标点）。",
            "Give at least one word to look for; words to leave out and signs alone are not enough.",
        ),
        "search-sorted-otherwise": (
            "带检索词的列表按受理时间从新到旧排列，不能使用其他排序。",
            "What is looked for comes newest first; leave out sort.",
        ),
        "near-invalid": (
            "应为 经度,纬度 两个度数，如 107.2357,26.5807。",
            "Give lon,lat in degrees, such as 107.2357,26.5807.",
        ),
        "near-incomplete": ("near 和 radius 须同时提供。", "near and radius go together."),
        "list-too-broad": (
            "范围过大",
            "Too broad",
            "条件涉及的诉求过多，无法及时完成。请增加受理时间（received_from、received_to）、状态、类别或社区条件。",
            "Too much would have to be gone through. Narrow it by received_from and received_to, status, category or"
            " community.",
        ),
        "saved-filter-not-found": (
            "未找到筛选条件",
            "Saved filter not found",
            "没有这个保存的筛选条件，或您无权使用。",
            "There is no such saved filter, or it is not shared with you.",
        ),
        "saved-filter-not-yours": (
            "不是您的筛选条件",
            "Not your filter",
            "只有创建者可以修改或删除保存的筛选条件。",
            "Only its owner may change or delete a saved filter.",
        ),
        "saved-filter-name-taken": (
            "名称已使用",
            "Name taken",
            "您已有一个同名的筛选条件。",
            "You have a saved filter of this name.",
        ),
        "too-many-saved-filters": (
            "筛选条件过多",
            "Too many saved filters",
            "每人最多保存 {most} 个筛选条件。",
            "Everyone may keep at most {most} saved filters.",
        ),
        "nothing-filtered": ("请至少给出一个筛选条件。", "Give at least one filter."),
        "sharing-not-yours": (
            "只能与自己的角色或（值班长、管理员）任意内部角色共享。",
            "Share with roles that you have; supervisors and administrators share with any role of the staff.",
        ),
        "complaints-export-too-large": (
            "导出过大",
            "Export too large",
            "符合条件的诉求超过 {limit} 件。请在 {exports} 申请后台导出，或用 received_from 和 received_to 分段导出。",
            "More than {limit} complaints match. Have the file made in the background at {exports}, or export them"
            " period by period with received_from and received_to.",
        ),
        "phone-invalid": ("应为至少 5 位数字的电话号码。", "Give a phone number of at least 5 digits."),
    }
)
