"""Check and collect a roster's members: many plain rows at once, all others one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, repeat
from operator import itemgetter
from sys import intern

from seatsync.domain.diagnostic import Diagnostic, counted
from seatsync.domain.origin import Origin
from seatsync.domain.person import REQUIRED, Person, RosterMember, spoken
from seatsync.domain.text.characters import clean, encoded_word, forbidden, forbidden_fault, printable, text_fault
from seatsync.domain.text.emails import are_plain_emails, email_fault, email_key, email_to_write
from seatsync.domain.text.ids import plain_email, plain_id, plain_ids
from seatsync.domain.text.tags import IMPORTED, join_ends, join_tags, split_ends, tag_fault
from seatsync.sources.rosters.columns import Columns
from seatsync.sources.rosters.how import PLAIN, HowToRead
from seatsync.sources.rosters.meaning.totals import word_of_totals
from seatsync.sources.rosters.take import Left
from seatsync.sources.tables.passwords import hidden

SPOILED_ID = re.compile(r"[0-9]+([.,][0-9]+)?[Ee]\+[0-9]+|[0-9]+[.,]0|[=#'].*")
_SPOILED_NAME = re.compile(r"#(N/A|REF!|NAME\?|VALUE!|DIV/0!|NULL!|NUM!)")
"""Values that spreadsheets write instead of ids and names: 1.23457E+11, 1001.0, =A1, ####, #REF!."""

_MOST_LINES = 8
"""Lines with the same student id that a message names."""
_CHECKED = itemgetter(*map(Person._fields.index, ("email", "given_name", "family_name", "student_id")))
_EMAIL, _STUDENT_ID, _TAGS = map(Person._fields.index, ("email", "student_id", "tags"))
_ROSTER_MEMBER: Callable[..., RosterMember] = RosterMember
"""Called with ``*values``, which is faster than ``_make``; mypy can't check the length of a list."""
_OF_VALUES: Callable[[Iterable[object]], RosterMember] = partial(tuple.__new__, RosterMember)
"""As ``RosterMember._make``, which is not written in C and takes five times as long."""

Locate = Callable[..., Origin]
"""(line or position, field, position within a list of tags) → the place of the value."""


class RosterReader:
    """Collects the members of one file. Each gets the ``tags``. ``how`` is what seatsync.yaml says about reading the file.

    ``counted`` is the number of members that were only counted; ``left`` are the rows that are no members. ``columns`` is what the
    header means, None before it is read, and of files without one. ``without_id`` has the lines of members by what stands in the
    place of their student id (``text.ids.is_no_id``). With ``date_tags`` the file has the ledger's tags of days; they are left out.
    ``parts`` are the readers of the files of people in a set,
    ``read_as`` says as what the set is read, and where fields and tags come from. ``without_at`` are the places in ``found`` of e-mails
    that may be user names. With ``has_secrets``, the file has passwords, and no value is quoted.
    ``other_sheets`` are those of the workbook that are not read, as they are told.
    """

    title = "a list of people"
    of_no_use = ("row is no member", "rows are no members")

    def __init__(self, file: str, tags: list[str], found: list[Diagnostic], how: HowToRead = PLAIN) -> None:
        self.file = file
        self.tags = tags
        self.found = found
        self.how = how
        self.left = Left()
        self.parts: list[RosterReader] = []
        self.read_as: list[str] = []
        self.columns: Columns | None = None
        self.without_at: list[int] = []
        self.has_secrets = False
        self.other_sheets: Sequence[str] = ()
        self.members: list[RosterMember] = []
        self.counted = 0
        self.emails: dict[str, int] = {}
        self.student_ids: dict[str, int] = {}
        self.joined: dict[str, str] = {}
        self.date_tags = False
        self.without_id: dict[str, list[int]] = {}
        self.with_same_id: dict[str, list[int]] = {}

    @property
    def amount(self) -> str:
        """How much was read, in words."""
        return counted(len(self.members), "member")

    def take(
        self, values: Sequence[str], line: int, at: int, locate: Locate, sound: bool = True, ends: str = ""
    ) -> None:
        """Check one member, ``values`` in the order of ``Person``, and keep it if nothing is wrong.

        ``at`` is the line or position for ``locate``. A member that is not ``sound`` is checked but not kept. ``ends`` says which
        of its tags end when (``RosterMember.ends``).
        """
        written, values = values, [*values]
        values[_EMAIL], values[_STUDENT_ID] = plain_email(values[_EMAIL]), plain_id(values[_STUDENT_ID])
        together = _together(values)
        is_plain = _is_plain(together)
        person = [*values] if is_plain else [*map(clean, values)]
        email, given, family, student_id = _CHECKED(person)
        right = bool(email and given and family)
        is_total = "@" not in email and self._counts_the_list(written, at, locate)
        if is_total or (not right and self._missing(written, at, locate)):
            return
        if not student_id:
            self._note_id(written[_STUDENT_ID], line)
        strange = None if is_plain else forbidden("".join(values))
        if strange:
            right = self._invisible(values, at, locate)
        if "=?" in together and self._encoded(values, at, locate):
            right = False
        if email and (fault := email_fault(email)) and not (strange and forbidden(email)):
            self.without_at += [len(self.found)] if "@" not in email else []
            right = self._wrong("invalid-email", f"{fault}.", email_to_write(email), locate(at, "email"))
        key = email_key(email)
        if key and (first := self.emails.setdefault(key, at)) != at:
            right = self._twice("email", email, first, at, locate)
        if SPOILED_ID.fullmatch(student_id):
            right = self._of_a_spreadsheet("student_id", student_id, at, locate)
        elif student_id and (first := self.student_ids.setdefault(student_id, at)) != at:
            right = self._same_id(student_id, first, at, locate)
        if "#" in together:
            right = self._are_names(given, family, at, locate) and right
        tags = self.joined.get(values[_TAGS])
        if tags is None:
            tags = self._join(values[_TAGS], at, locate)
        if right and sound and tags is not None:
            person[_TAGS] = tags
            self.members.append(_ROSTER_MEMBER(*person, key, self.file, line, self.ending(ends)))

    def ending(self, ends: str) -> str:
        """``ends`` without the tags that every member of the file has, which do not end."""
        if not ends or not self.tags:
            return ends
        return join_ends({tag: day for tag, day in split_ends(ends).items() if tag not in self.tags})

    def take_plain(
        self, columns: Sequence[Sequence[str]], lines: Sequence[int], ends: Sequence[str] | None = None
    ) -> bool:
        """Keep many members at once, exactly as ``take`` would, if none needs a diagnostic; return whether they were kept.

        ``columns`` are in the order of ``Person``. If one member needs a diagnostic, none is kept.
        """
        column = dict(zip(Person._fields, columns, strict=True))
        column["student_id"] = plain_ids(column["student_id"])
        emails, ids, tags = column["email"], column["student_id"], column["tags"]
        together = _together([*chain.from_iterable((column | {"tags": set(tags)}).values())])
        if "#" in together or "=?" in together or not _is_plain(together):
            return False
        if "|'" in together or "|=" in together:  # may be an e-mail or id with a sign before it
            return False
        if any("" in column[name] for name in REQUIRED):
            return False
        keys = emails if "".join(emails).islower() else tuple(map(email_key, emails))
        real_ids = [*filter(None, ids)] if "" in ids else ids
        new_emails, new_ids = dict(zip(keys, lines, strict=True)), dict(zip(ids, lines, strict=True))
        new_ids.pop("", None)
        if len(new_emails) < len(keys) or len(new_ids) < len(real_ids) or not are_plain_emails(emails):
            return False
        if not (self.emails.keys().isdisjoint(new_emails) and self.student_ids.keys().isdisjoint(new_ids)):
            return False
        if not "".join(real_ids).isalnum() and any(map(SPOILED_ID.fullmatch, real_ids)):
            return False
        if any(map(self._faults, set(tags) - self.joined.keys())):
            return False
        for written, line in zip(columns[_STUDENT_ID], lines, strict=True) if "" in ids else ():
            if not plain_id(written):
                self._note_id(written, line)
        self.emails |= new_emails
        self.student_ids |= new_ids
        for written in set(tags) - self.joined.keys():
            self._joined(written)
        ending = repeat("") if ends is None else map(self.ending, ends)
        column["tags"] = [*map(self.joined.__getitem__, tags)]
        self.members += map(_OF_VALUES, zip(*column.values(), keys, repeat(self.file), lines, ending, strict=False))
        return True

    def suggest_user_names(self, help: str) -> None:
        """Add the ``help`` for a column of user names to the reports of e-mails without an @, unless others there have one."""
        if self.without_at and not any("@" in key for key in self.emails):
            for at in self.without_at:
                self.found[at] = replace(self.found[at], help=f"{self.found[at].help} {help}".rstrip())

    def _note_id(self, written: str, line: int) -> None:
        """Note what stands in the place of a student id, if anything."""
        if word := clean(written):
            self.without_id.setdefault(word, []).append(line)

    def _same_id(self, id: str, first: int, at: int, locate: Locate) -> bool:
        """Report an id that another row has: the second row at its place; if there are more, all together there."""
        rows = self.with_same_id.setdefault(id, [first])
        rows.append(at)
        if len(rows) == 2:
            self._twice("student_id", id, first, at, locate)
            rows[0] = len(self.found) - 1  # where its report is
            return False
        told = self.found[rows[0]]
        lines = ", ".join(str(locate(row, "student_id").line) for row in (first, *rows[1:_MOST_LINES]))
        more = f" and {len(rows) - _MOST_LINES:,} more" if len(rows) > _MOST_LINES else ""
        used = f'The student id "{printable(id)}" is used {len(rows):,} times, on the lines {lines}{more}.'
        help = "If it stands for no id, leave it empty there. Otherwise correct it, or delete the rows that are there twice."
        used = self._said(f"{used} Each member needs a different one.")
        self.found[rows[0]] = replace(told, message=used, help=help)
        return False

    def _join(self, written: str, at: int, locate: Locate) -> str | None:
        faults = self._faults(written)
        for position, tag, fault in faults:
            where = locate(at, "tags", position)
            self._wrong("invalid-tag", f'"{printable(tag)}" can\'t be a tag: {fault}.', "Choose another tag.", where)
        return None if faults else self._joined(written)

    def _joined(self, written: str) -> str:
        own = [tag for tag in map(clean, written.split(";")) if tag and not self._is_left_out(tag)]
        self.joined[written] = joined = intern(join_tags([*self.tags, *own]))
        return joined

    def _faults(self, written: str) -> list[tuple[int, str, str]]:
        return [fault for fault in _faults_of_tags(written) if not self._is_left_out(fault[1])]

    def _is_left_out(self, tag: str) -> bool:
        return self.date_tags and tag.startswith(IMPORTED)

    def _counts_the_list(self, values: Sequence[str], at: int, locate: Locate) -> bool:
        """Report a row of totals; return whether it is one."""
        email, given, family, *others = values
        word = word_of_totals(email, given, family, others)
        if word:
            where = locate(at, "email")
            message = f'Row {where.line} looks like a row of totals: it has "{printable(word)}" and no e-mail.'
            self._wrong("missing-value", message, "Delete the row.", where)
        return bool(word)

    def _missing(self, values: Sequence[str], at: int, locate: Locate) -> bool:
        """Report missing values. True if the row has at most one value, as a row of totals: it needs no further checks."""
        filled = [name for name, value in zip(Person._fields, values, strict=True) if clean(value)]
        if len(filled) <= 1:
            name = filled[0] if filled else "email"
            where, value = locate(at, name), printable(clean(values[Person._fields.index(name)]))
            only = f'only "{value}"' if value else "no value that seatsync reads"
            message = f"Row {where.line} has {only}; a member needs an e-mail, a given name and a family name."
            self._wrong("missing-value", message, "Fill them in, or delete the row.", where)
            return True
        for name in REQUIRED:
            if name not in filled:
                where = locate(at, name)
                message = f"Row {where.line} has no {spoken(name)}; every member needs one."
                self._wrong("missing-value", message, "Fill it in, or delete the member.", where)
        return False

    def _invisible(self, values: Sequence[str], at: int, locate: Locate) -> bool:
        for name, value in zip(Person._fields, values, strict=True):
            if fault := forbidden_fault(value):
                message = f'The {spoken(name)} "{printable(value)}" {fault[0]}.'
                self._wrong("invisible-character", message, fault[1], locate(at, name))
        return False

    def _encoded(self, values: Sequence[str], at: int, locate: Locate) -> bool:
        """Report texts with an encoded word; return whether there are any.

        A mail's header has both names next to each other, so they are also checked together.
        """
        texts = {name: clean(value) for name, value in zip(Person._fields, values, strict=True)}
        faulty = {name: text for name, text in texts.items() if name != "email" and encoded_word(text)}
        both = f"{texts['given_name']} {texts['family_name']}"
        if not faulty and encoded_word(both):
            faulty = {"family_name": both}
        for name, text in faulty.items():
            fact, help = text_fault(text) or ("", "")
            self._wrong("invalid-value", f'The {spoken(name)} "{printable(text)}" {fact}.', help, locate(at, name))
        return bool(faulty)

    def _of_a_spreadsheet(self, field: str, value: str, at: int, locate: Locate) -> bool:
        message = (
            f'The {spoken(field)} "{printable(value)}" is not what was typed: '
            "a spreadsheet shortened it, or replaced it with a sign, a formula or an error."
        )
        help = "Format the column as text in the spreadsheet, and export it again."
        return self._wrong("invalid-value", message, help, locate(at, field))

    def _are_names(self, given: str, family: str, at: int, locate: Locate) -> bool:
        for name, value in (("given_name", given), ("family_name", family)):
            if _SPOILED_NAME.fullmatch(value):
                return self._of_a_spreadsheet(name, value, at, locate)
        return True

    def _twice(self, field: str, value: str, first: int, at: int, locate: Locate) -> bool:
        here, there = locate(at, field), locate(first, field)
        message = (
            f'The {spoken(field)} "{printable(value)}" is used on line {here.line} and already on line {there.line}. '
            "Each member needs a different one."
        )
        return self._wrong(
            f"duplicate-{field.replace('_', '-')}", message, "Delete one of the two, or correct it.", here
        )

    def _wrong(self, code: str, message: str, help: str, where: Origin) -> bool:
        self.found.append(Diagnostic(code, self._said(message), help, where))
        return False

    def _said(self, message: str) -> str:
        return hidden(message) if self.has_secrets else message


def mentions(names: Collection[str], values: Iterable[str]) -> bool:
    """Whether one of the values, as they were typed, can be the e-mail or student id of a member with one of these names.

    ``names`` are e-mails' keys and student ids. Where this is False, ``RosterReader`` finds none of them in the values.
    """
    together = _together(values)
    folded = email_key(together if _is_plain(together) else clean(plain_email(together)))
    return any(email_key(name) in folded for name in names)


def _together(values: Iterable[str]) -> str:
    """Join the values into one text, to check them all at once."""
    return f"|{'|'.join(values)}|"


def _is_plain(together: str) -> bool:
    """Whether ``clean`` would change none of the values, and none has an invisible character."""
    if not (together.isascii() and together.isprintable()):
        return False
    return " " not in together or not any(map(together.__contains__, ("  ", "| ", " |")))


def _faults_of_tags(written: str) -> list[tuple[int, str, str]]:
    """Return (position, tag, what is wrong with it) for each invalid tag."""
    tags = enumerate(map(clean, written.split(";")))
    return [(position, tag, fault) for position, tag in tags if tag and (fault := tag_fault(tag))]
