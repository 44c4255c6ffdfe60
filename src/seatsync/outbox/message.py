"""A letter in words → a message as it goes over the wire."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr, quote

from seatsync.domain.text.characters import clean, printable, text_fault
from seatsync.domain.text.emails import email_fault
from seatsync.ledger.queries.owed import Owed, Values
from seatsync.outbox.rendering import Rendered

# 7bit: so that no server on the way has anything to convert; none: headers go out as they are made here
_PLAIN = policy.SMTP.clone(cte_type="7bit", refold_source="none")
_INTERNATIONAL = policy.SMTPUTF8.clone(cte_type="7bit", refold_source="none")

_LONGEST = 900
"""Characters of a text in a header."""
_LONGEST_PHRASE = 60
_LONG_WORD = re.compile(r"\S{60}")  # which no line can be broken in, unless it is encoded
_ATOMS = re.compile(r"[\w!#$%&'*+/^`{|}~ -]+", re.ASCII)


class Unwritable(Exception):
    """A message can't be made. The text says why, and names nobody."""


@dataclass(frozen=True)
class Sender:
    """Whom letters are from, and who gets the answers (empty: the same)."""

    name: str
    address: str
    reply_to: str = ""


def as_sender(text: str) -> Sender | str:
    """A sender written as ``Name <address>`` or as an address alone; or what is wrong with it."""
    if fault := text_fault(clean(text)):
        return f'"{printable(text)}" {fault[0]}'
    name, address = parseaddr(text)
    return email_fault(address or text) or Sender(clean(name), address)


def compose(letter: Owed, values: Values, words: Rendered, sender: Sender, at: datetime) -> bytes:
    """The mail as it goes over the wire. Its Message-ID is the same whenever and by whomever this letter is sent, and names nobody.

    Raises:
        Unwritable: it can't be made.
    """
    name = f"{values['given_name']} {values['family_name']}".strip()
    message = new_message(sender, name, letter.address, words.subject)
    message["Date"] = format_datetime(at)
    message.set_raw("Message-ID", message_id(letter, wire_address(sender.address)))
    if link := values["opt_out_link"]:
        message.set_raw(
            "List-Unsubscribe", f"<{link}>"
        )  # a page that asks, not the one click of RFC 8058: scanners click too
    return finished(message, words.text, words.html)


def finished(message: EmailMessage, text: str, html: str | None = None) -> bytes:
    """The mail with its text, as it goes over the wire.

    Raises:
        Unwritable: it can't be made.
    """
    try:
        message.set_content(text)
        if html is not None:
            message.add_alternative(html, subtype="html")
        return message.as_bytes()
    except (MessageError, ValueError, LookupError) as error:
        raise Unwritable(f"it can't be written as a mail ({type(error).__name__})") from error


def new_message(sender: Sender, name: str, address: str, subject: str) -> EmailMessage:
    """A message to ``name`` at ``address``, without its text, date and id.

    Raises:
        Unwritable: one of the addresses is none.
    """
    addresses = [wire_address(one) for one in (address, sender.address, sender.reply_to or sender.address)]
    if any(email_fault(one) for one in addresses):
        raise Unwritable("the address can't be written in a letter")
    to, own, answers = addresses
    message = EmailMessage(_PLAIN if all(map(str.isascii, addresses)) else _INTERNATIONAL)
    # set_raw: a header that is assigned is read first, and what it holds of encoded words is decoded
    message.set_raw("From", _mailbox("From", sender.name, own))
    message.set_raw("To", _mailbox("To", name, to))
    if sender.reply_to:
        message.set_raw("Reply-To", answers)
    message.set_raw("Subject", _literal("Subject", subject))
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers, please
    return message


def message_id(letter: Owed, address: str) -> str:
    """By the event that caused the letter, at the sender's domain."""
    return f"<{letter.serial}.{letter.hash[:32]}@{address.rpartition('@')[2]}>"


def wire_address(address: str) -> str:
    """The address with its domain in ASCII, as every server takes it; what stands before the @ can't be changed."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}" if domain else address
    except UnicodeError:
        return address


def _mailbox(header: str, name: str, address: str) -> str:
    """A header's value: whose mailbox it is, and its address."""
    name = _on_a_line(name)
    if not name:
        return address
    if len(name) > _LONGEST_PHRASE or not _is_plain(name):
        return f"{Header(name, 'utf-8', header_name=header).encode()} <{address}>"
    return f"{name} <{address}>" if _ATOMS.fullmatch(name) else f'"{quote(name)}" <{address}>'


def _literal(header: str, text: str) -> str:
    """A header's value that is read as nothing but ``text``, however it is decoded."""
    text = _on_a_line(text)
    return Header(text, "us-ascii" if _is_plain(text) else "utf-8", header_name=header).encode()


def _is_plain(text: str) -> bool:
    """Whether ``text`` goes as it is: nothing in it could be decoded. All else is made encoded words of here."""
    return text.isascii() and "=?" not in text and not _LONG_WORD.search(text)


def _on_a_line(text: str) -> str:
    return printable(clean(text), _LONGEST)
