"""make translations: compile the texts of the pages and of the letters. The same texts give the same bytes, on any day."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

SOURCES = Path(__file__).parent.parent / "src" / "seatsync"
_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    for file in catalogs():
        file.with_suffix(".mo").write_bytes(compiled(file))


def catalogs() -> list[Path]:
    """Return the translations into every language."""
    return sorted(SOURCES.glob("*/translations/*/LC_MESSAGES/messages.po"))


def compiled(file: Path) -> bytes:
    """Return what the program reads. Babel would write the present time into it."""
    with file.open("rb") as source:
        catalog = read_po(source, locale=file.parts[-3])
    catalog.creation_date = catalog.revision_date = _ANY_DAY
    made = BytesIO()
    write_mo(made, catalog, use_fuzzy=True)  # without a header, Babel takes the whole catalog for unsure
    return made.getvalue()


if __name__ == "__main__":
    main()
