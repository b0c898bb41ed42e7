"""Links between the documents lead to files that there are, and to headings that these have."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_LINK = re.compile(r"\]\(([^()\s#:]*)(?:#([^()\s]+))?\)")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


def _anchors(document: Path) -> set[str]:
    """Return what headings are linked by: small letters, digits and hyphens for blanks."""
    headings = _HEADING.findall(document.read_text())
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_of_the_documents_leads_somewhere() -> None:
    broken = []
    for document in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")):
        for path, anchor in _LINK.findall(document.read_text()):
            target = document.parent / path if path else document
            if not target.exists() or (anchor and target.suffix == ".md" and anchor not in _anchors(target)):
                broken.append(f"{document.relative_to(ROOT)}: {path}#{anchor}")
    assert broken == []
