"""What `validate` tells of a roster beyond its mistakes: what was read as what, and who was left out and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seatsync.domain.diagnostic import Diagnostic, Severity, counted, named
from seatsync.domain.origin import Origin
from seatsync.domain.person import spoken
from seatsync.domain.text.characters import printable
from seatsync.sources.rosters.columns import Columns
from seatsync.sources.rosters.members import RosterReader
from seatsync.sources.rosters.take import NO_EMAIL, NO_NAME

_MOST_NAMED, _MOST_LINES, _MOST_REASONS = 20, 10, 10


def notices(reader: RosterReader) -> Iterator[Diagnostic]:
    """Yield the notices about a file that was read: columns and sheets that are not, and words for no student id."""
    for part in reader.parts:
        yield from notices(part)
    columns = reader.columns
    if columns is not None and (unread := _unread(columns)):
        are = "This column is" if len(unread) == 1 else "These columns are"
        message = f"{are} not read: {_some(unread)}."
        help = "If one of them says who somebody is, write `map: {FIELD: COLUMN}` at the roster; if it should make tags, `tags_from:`."
        yield Diagnostic("unknown-column", message, help, Origin(reader.file), Severity.NOTICE)
    if reader.other_sheets:
        one = len(reader.other_sheets) == 1
        message = f"The {'sheet' if one else 'sheets'} {named(reader.other_sheets, _MOST_LINES)} {'is' if one else 'are'} not read."
        help = "If people are there too, save it as a file of its own; to read it instead, write `sheet: NAME` next to the path."
        yield Diagnostic("sheet-not-read", message, help, Origin(reader.file), Severity.NOTICE)
    yield from _without_id(reader)


def left_out(reader: RosterReader) -> Iterator[Diagnostic]:
    """Tell how many people are no members, by reason. Plans tell it too: whoever reviews one must see who gets no seat."""
    for part in reader.parts:
        yield from left_out(part)
    reasons = {reason: lines for reason, lines in reader.left.because.items() if reason not in (NO_EMAIL, NO_NAME)}
    if reasons:
        shown = sorted(((len(lines), reason) for reason, lines in reasons.items()), key=lambda one: (-one[0], one[1]))
        words = ", ".join(f"{number:,} {printable(reason)}" for number, reason in shown[:_MOST_REASONS])
        more = f" and {len(shown) - _MOST_REASONS} other reasons" if len(shown) > _MOST_REASONS else ""
        people = counted(sum(map(len, reasons.values())), *reader.of_no_use)
        help = (
            "`seatsync validate --verbose` lists their lines. If they are members, say so under `take:` at the roster."
        )
        yield Diagnostic("left-out", f"{people}: {words}{more}.", help, Origin(reader.file), Severity.NOTICE)


def _without_id(reader: RosterReader) -> Iterator[Diagnostic]:
    """Tell how many members have only a word in the place of their student id."""
    if not reader.without_id:
        return
    lines = sorted(line for some in reader.without_id.values() for line in some)
    words = sorted(reader.without_id, key=lambda word: (-len(reader.without_id[word]), word))
    which = _some([printable(word) for word in words])
    has = counted(len(lines), "member has", "members have")
    message = f"{has} {which} in the place of a student id, which counts as none: they are known by e-mail alone."
    help = "Nothing to do if they have no id. Else write it there: without one, a new e-mail makes a new member."
    yield Diagnostic("no-student-id", message, help, Origin(reader.file, lines[0]), Severity.NOTICE)


def lacking(reader: RosterReader) -> Iterator[Diagnostic]:
    """Warn of people who would be members, but for an e-mail or a name. A list in which nobody has an e-mail is an error.

    Plans tell it too: whoever reviews one must see who gets no seat.
    """
    for part in reader.parts:
        yield from lacking(part)
    for reason in (NO_EMAIL, NO_NAME) if reader.emails else (NO_NAME,):
        if lines := reader.left.because.get(reason):
            people = counted(len(lines), "person who would be a member has", "people who would be members have")
            message = f"{people} {reason}, so they get no seat: {_places(lines)}."
            help = "Give them one in the system that the list is from, if they need a seat."
            yield Diagnostic("missing-value", message, help, Origin(reader.file, lines[0]), Severity.WARNING)


def _places(lines: Sequence[int]) -> str:
    more = ", …" if len(lines) > _MOST_LINES else ""
    return f"{'line' if len(lines) == 1 else 'lines'} {', '.join(map(str, lines[:_MOST_LINES]))}{more}"


def _unread(columns: Columns) -> list[str]:
    if columns.format is not None and columns.format.quiet:
        return []
    told = {fault.position for fault in columns.faults}
    return [printable(columns.header[at]) for at in sorted({*columns.unread, *columns.passed} - told)]


def _some(names: list[str]) -> str:
    shown = ", ".join(f'"{name}"' for name in names[:_MOST_NAMED])
    return f"{shown} and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else shown


def in_detail(reader: RosterReader) -> Iterator[str]:
    """Yield lines that say how each column of a file was read, and the lines of those left out."""
    if reader.read_as:
        title, *sources = reader.read_as
        yield f"{reader.file}: {reader.amount}, read as {title}"
        yield from (f"  {source}" for source in sources)
    for part in reader.parts:
        yield from in_detail(part)
    columns = reader.columns
    if columns is None:
        if not reader.parts:
            yield f"{reader.file}: {reader.amount}"
        yield from _left(reader)
        return
    title = columns.format.title if columns.format is not None else reader.title
    yield f"{reader.file}: {reader.amount}, read as {title}"
    meaning = dict.fromkeys(columns.unread, "not read")
    meaning |= {
        position: f"not read; another column has the {spoken(field)}" for position, field in columns.passed.items()
    }
    for position, read in _each_field(columns):
        meaning[position] = f"{meaning[position]}, {read}" if position in meaning else read
    width = min(40, max(map(len, map(printable, columns.header)), default=0))
    for position, header in enumerate(columns.header):
        if header or position in meaning:
            yield f"  {printable(header) or f'(column {position + 1})':<{width}}  {meaning.get(position, 'not read')}"
    yield from _left(reader)


def _each_field(columns: Columns) -> Iterator[tuple[int, str]]:
    """Yield (position, what it is read as) of each column that is read."""
    for name, bound in columns.fields.items():
        if columns.how.adds_tags and name in ("given_name", "family_name"):
            continue
        for position in bound.positions:
            yield position, spoken(name)
    for presence in columns.presence:
        yield presence.position, "who is a member"
    for position in columns.ends:
        yield position, "last day"
    for position, word in columns.must_say.items():
        yield position, f'always "{word}"'
    for prefix, bound in columns.tags:
        for position in bound.positions:
            yield position, f"tags {prefix}:…"


def _left(reader: RosterReader) -> Iterator[str]:
    """Yield a line for each reason why rows are no members."""
    for reason, lines in reader.left.because.items():
        yield f"  left out, {printable(reason)}: {counted(len(lines), 'row')} ({_places(lines)})"
