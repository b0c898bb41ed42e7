"""Problem texts of the Open311 façade, in Chinese and English."""

from runtime.problems import register_texts

register_texts(
    {
        "open311-key-needed": (
            "需要 api_key",
            "An api_key is needed",
            "请提供 api_key：合作系统的令牌。",
            "Give an api_key: the token of a partner system.",
        ),
        "open311-jurisdiction-not-found": (
            "没有这个辖区",
            "Jurisdiction not found",
            "没有 jurisdiction_id 所指的辖区。",
            "The jurisdiction_id was not found.",
        ),
        "open311-service-not-found": (
            "没有这项服务",
            "Service not found",
            "没有 service_code 所指的服务，见 services.json。",
            "The service_code was not found; see services.json.",
        ),
        "open311-request-not-found": (
            "没有这件请求",
            "Request not found",
            "没有 service_request_id 所指的请求，或您无权查看。",
            "The service_request_id was not found, or is not yours to see.",
        ),
        "open311-span-too-long": (
            "时间段过长",
            "Span too long",
            "start_date 与 end_date 相距不能超过 {days} 天，且不能颠倒。",
            "start_date and end_date may be {days} days apart, in this order.",
        ),
        "open311-date-invalid": (
            "应为 2024-02-28 或 2024-02-28T00:00:00Z 这样的时间。",
            "Give a time such as 2024-02-28 or 2024-02-28T00:00:00Z.",
        ),
        "open311-status-invalid": ("应为 open 或 closed。", "Give open or closed."),
        "open311-too-many-ids": ("一次最多 {numbers} 件。", "At most {numbers} at a time."),
        "open311-page-invalid": (
            "page 从 1 起，page_size 为 1 至 {most}，共可翻阅前 {reach} 件。",
            "page from 1, page_size from 1 to {most}, of the first {reach} requests.",
        ),
        "form-needed": (
            "需要表单",
            "A form is needed",
            "请以 application/x-www-form-urlencoded 或 multipart/form-data 提交。",
            "Send application/x-www-form-urlencoded or multipart/form-data.",
        ),
        "form-invalid": (
            "表单无法读取",
            "The form cannot be read",
            "表单不是 UTF-8、含有 NUL 字符，或字段过多。",
            "The form is not in UTF-8, has a NUL, or has too many fields.",
        ),
    }
)
