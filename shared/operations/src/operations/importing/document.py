"""A mapping as data: which columns of a file make which field of a complaint, and how they are read."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from operations.importing.errors import ImportRefused, NotTaken
from operations.importing.fields import TARGETS
from operations.importing.moments import layout
from operations.importing.said import Said
from operations.plain_yaml import NotPlain, read_plain
from runtime.problems.catalogue import field_text

USUAL = "usual"
_LONGEST_TEMPLATE = 1000
_MOST_COLUMNS = 10


def _target(name: str) -> str:
    if name not in TARGETS:
        en = f"there is no field {name}; the fields are: {', '.join(TARGETS)}"
        raise NotTaken(Said(f"没有字段 {name}；可用字段：{'、'.join(TARGETS)}", en))
    return name


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _text(value: object) -> object:
    """Return as text what YAML takes for a number, a truth or a day, and all else as it is."""
    return str(value) if isinstance(value, int | float | date) else value


def zone(name: str) -> str:
    """Return the name; NotTaken where it is no time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise NotTaken(Said(f"没有时区 {name}", f"there is no time zone {name}")) from error
    return name


def template_of(text: str) -> str:
    """Return the template: a text without braces names a column; NotTaken where it puts too many together."""
    if text.count("{") > _MOST_COLUMNS:
        zh, en = f"一个模板最多引用 {_MOST_COLUMNS} 列", f"a template names at most {_MOST_COLUMNS} columns"
        raise NotTaken(Said(zh, en))
    return text if "{" in text else f"{{{text}}}"


Target = Annotated[str, AfterValidator(_target)]
Template = Annotated[str, Field(min_length=1, max_length=_LONGEST_TEMPLATE), AfterValidator(template_of)]
Templates = Annotated[list[Template], BeforeValidator(_listed), Field(min_length=1)]
Text = Annotated[str, BeforeValidator(_text)]


class Document(BaseModel):
    """What a mapping file says. What it leaves out is as in the mapping that it `extends`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: str = ""
    extends: str | None = USUAL
    encoding: Literal["auto", "utf-8", "gb18030"] = "auto"
    """Of a CSV file; by default UTF-8, or GB18030 where it is not UTF-8."""
    separator: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    """Between the cells of a CSV file; by default a comma, in .tsv a tabulator."""
    sheet: str | None = None
    """Of a workbook; by default the first one."""
    header_row: Annotated[int, Field(ge=1, le=100)] = 1
    """Where the names of the columns are; what is above is passed over."""
    timezone: Annotated[str, AfterValidator(zone)] | None = None
    """Of times without an offset; by default the tenant's."""
    times: list[Annotated[str, AfterValidator(layout)]] = []
    """How times are written, as `strptime` has it, or `excel` for days since 1899-12-30; ISO 8601 is always taken."""
    map: dict[Target, Templates] = {}
    """Columns or templates such as `{a}\\n{b}`; of several the first whose columns all hold something is taken."""
    set: dict[Target, Text] = {}
    """What a field is where no column fills it."""
    tables: dict[Target, dict[Text, Text | None]] = {}
    """Values of the file and what they are here; None leaves the field out, `*` stands for all others."""
    skip: dict[str, dict[Text, str]] = {}
    """Rows that are not imported: by column and value, with the reason."""
    attributes: dict[str, str] | None = None
    """Attributes and their columns; by default each column that nothing uses becomes one."""
    optional: list[Target] = []
    """Fields of `map` whose columns may be missing from a file."""

    @property
    def required(self) -> frozenset[str]:
        """Fields whose columns a file must have."""
        return frozenset(self.map) - frozenset(self.optional)

    def over(self, base: Self) -> Self:
        """Return this mapping with what it leaves out as in `base`, whose fields stay as optional as they were."""
        own = self.model_fields_set - {"map", "set", "tables", "optional"}
        optional = [target for target in base.optional if target not in self.map] + self.optional
        joined = {name: {**getattr(base, name), **getattr(self, name)} for name in ("map", "set", "tables")}
        return base.model_copy(update={**{name: getattr(self, name) for name in own}, **joined, "optional": optional})


@cache
def shipped() -> Mapping[str, str]:
    """Return the text of each mapping that comes with the command, by name."""
    folder = files("operations.importing").joinpath("mappings")
    texts = {each.name.removesuffix(".yaml"): each.read_text("utf-8") for each in folder.iterdir()}
    return dict(sorted(texts.items()))


def load(name: str) -> Document:
    """Return a shipped mapping, or that of a YAML file, joined with what it extends.

    Raises ImportRefused with what is wrong.
    """
    text = shipped().get(name)
    if text is None:
        try:
            text = Path(name).read_text("utf-8")
        except (OSError, ValueError) as error:
            zh = f"没有映射 {name}：请给出 YAML 文件，或以下之一：{'、'.join(shipped())}。"
            en = f"There is no mapping {name}: give a YAML file, or one of {', '.join(shipped())} ({error})."
            raise _wrong(Said(zh, en)) from error
    return parsed(text, name)


def parsed(text: str, name: str | None = None) -> Document:
    """Return the mapping that a YAML text says, joined with what it extends; `name` is what it is called, if it is.

    Raises ImportRefused with what is wrong.
    """
    called = Said(f"映射 {name} ", f"The mapping {name}") if name else Said("映射", "The mapping")
    document = _validated(text, called)
    base = document.extends
    if base is None:
        return document
    if base not in shipped():
        zh = f"{called.zh}的 extends 为 {base}，应为以下之一：{'、'.join(shipped())}。"
        raise _wrong(Said(zh, f"{called.en} extends {base}, which is none of {', '.join(shipped())}."))
    return document.over(parsed(shipped()[base], base))


def _validated(text: str, called: Said) -> Document:
    try:
        given: Any = read_plain(text)
    except NotPlain as error:
        zh = f"{called.zh}不是普通的 YAML{_place(error)}：格式有误，或使用了别名、标签或重复的键。"
        raise _wrong(Said(zh, f"{called.en} is no plain YAML: {error}.")) from error
    if given is not None and not isinstance(given, dict):
        zh = f"{called.zh}既不是 {'、'.join(shipped())} 之一，也不是以 map 等为键的 YAML：{given!r:.60}。"
        en = f"{called.en} is neither one of {', '.join(shipped())} nor YAML with keys such as map: {given!r:.60}."
        raise _wrong(Said(zh, en))
    try:
        return Document.model_validate(given or {})
    except ValidationError as error:
        found = [_finding(each) for each in error.errors()[:5]]
        zh, en = "；".join(each.zh for each in found), "; ".join(each.en for each in found)
        raise _wrong(Said(f"{called.zh}有误：{zh}。", f"{called.en} is wrong: {en}.")) from error


def _place(error: NotPlain) -> str:
    return "（第 {} 行第 {} 列附近）".format(*error.place) if error.place else ""


def _finding(finding: ErrorDetails) -> Said:
    """Return what is wrong with a part of a mapping, and with which."""
    where, context = ".".join(map(str, finding["loc"])), finding.get("ctx", {})
    cause = context.get("error")
    zh = cause.said.zh if isinstance(cause, NotTaken) else field_text(finding["type"], "zh-CN", context).rstrip("。")
    return Said(f"{where}：{zh}", f"{where}: {finding['msg']}")


def _wrong(said: Said) -> ImportRefused:
    return ImportRefused(said, "import-mapping-invalid")
