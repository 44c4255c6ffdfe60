"""Make workbooks as spreadsheet programs write them, and as nobody should."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="000000"/>'
    '<numFmt numFmtId="165" formatCode="000\\-000"/></numFmts><cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="14"/>'
    '<xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>'
)
DATE, SIX_DIGITS, THREE_AND_THREE = 1, 2, 3
"""Styles of cells."""


def text(value: str) -> str:
    """A cell with a text, to be put into a row of ``rows``."""
    return f't="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is>'


def number(value: str, style: int = 0) -> str:
    """A cell with a number."""
    return f's="{style}"><v>{value}</v>'


def rows(cells: Sequence[Sequence[str]], first: int = 1, attributes: Mapping[int, str] | None = None) -> str:
    """The rows of a sheet from row ``first`` on. ``attributes`` are those of a row's element."""
    written = []
    for row, values in enumerate(cells, first):
        line = "".join(f'<c r="{chr(65 + at)}{row}" {value}</c>' for at, value in enumerate(values) if value)
        written.append(f'<row r="{row}" {(attributes or {}).get(row, "")}>{line}</row>')
    return "".join(written)


def xlsx(
    sheets: Mapping[str, str], more: str = "", hidden: Sequence[str] = (), parts: Mapping[str, str] | None = None
) -> bytes:
    """A workbook with these sheets, name → rows. ``more`` follows the rows of each."""
    names = enumerate(sheets, 1)
    state = dict.fromkeys(hidden, ' state="hidden"')
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{at}" r:id="rId{at}"{state.get(name, "")}/>' for at, name in names
    )
    links = "".join(
        f'<Relationship Id="rId{at}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        for at in range(1, len(sheets) + 1)
    )
    link = f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    return zipped(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}">{link}</Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">{links}</Relationships>',
            "xl/styles.xml": _STYLES,
        }
        | {
            f"xl/worksheets/sheet{at}.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData>{more}</worksheet>'
            for at, rows in enumerate(sheets.values(), 1)
        }
        | {**(parts or {})}
    )


def ods(table: str, parts: Mapping[str, str] | None = None, before: str = "") -> bytes:
    """An OpenDocument workbook whose one sheet has these elements."""
    names = "urn:oasis:names:tc:opendocument:xmlns:"
    spaces = " ".join(f'xmlns:{name}="{names}{name}:1.0"' for name in ("office", "table", "text", "style"))
    content = f"<office:document-content {spaces}><office:body><office:spreadsheet>"
    content += f'<table:table table:name="People">{table}</table:table></office:spreadsheet></office:body>'
    kind = {"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}
    return zipped(kind | {"content.xml": f"{before}{content}</office:document-content>"} | {**(parts or {})})


def ods_row(values: Sequence[str], attributes: str = "") -> str:
    """A row of texts."""
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'
        if value
        else "<table:table-cell/>"
        for value in values
    )
    return f"<table:table-row {attributes}>{cells}</table:table-row>"


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip file with these parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()
