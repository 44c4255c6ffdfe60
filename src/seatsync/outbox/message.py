"""Turns a rendered letter into an e-mail message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr, quote

from seatsync.domain.letters import Values
from seatsync.domain.text.characters import clean, printable, text_fault
from seatsync.domain.text.emails import email_fault
from seatsync.ledger.queries.outgoing import OutgoingLetter
from seatsync.outbox.rendering import Rendered

# cte_type 7bit: no server on the way has to convert anything; refold_source none: headers are sent exactly as built here
_PLAIN = policy.SMTP.clone(cte_type="7bit", refold_source="none")
_INTERNATIONAL = policy.SMTPUTF8.clone(cte_type="7bit", refold_source="none")

_LONGEST = 900
"""The most characters of a text in a header."""
_LONGEST_PHRASE = 60
_LONG_WORD = re.compile(r"\S{60}")  # a line cannot be broken inside such a word, unless it is encoded
_ATOMS = re.compile(r"[\w!#$%&'*+/^`{|}~ -]+", re.ASCII)


class Unwritable(Exception):
    """A message cannot be built. The text says why, and names nobody."""


@dataclass(frozen=True)
class Sender:
    """The sender of letters. An empty ``reply_to`` means that replies go to ``address``."""

    name: str
    address: str
    reply_to: str = ""


def as_sender(text: str) -> Sender | str:
    """Return a sender written as ``Name <address>`` or as an address alone; or the reason why it is not valid."""
    if fault := text_fault(clean(text)):
        return f'"{printable(text)}" {fault[0]}'
    name, address = parseaddr(text)
    return email_fault(address or text) or Sender(clean(name), address)


def compose(letter: OutgoingLetter, values: Values, words: Rendered, sender: Sender, at: datetime) -> bytes:
    """Return the bytes of the mail. Its Message-ID is the same each time this letter is sent, and names nobody.

    Raises:
        Unwritable: it cannot be built.
    """
    name = f"{values['given_name']} {values['family_name']}".strip()
    message = new_message(sender, name, letter.address, words.subject)
    message["Date"] = format_datetime(at)
    message.set_raw("Message-ID", message_id(letter, wire_address(sender.address)))
    if link := values["opt_out_link"]:
        # a page that asks, not the one click of RFC 8058: mail scanners click too
        message.set_raw("List-Unsubscribe", f"<{link}>")
    return finished(message, words.text, words.html)


def finished(message: EmailMessage, text: str, html: str | None = None) -> bytes:
    """Return the bytes of the mail, with its text.

    Raises:
        Unwritable: it cannot be built.
    """
    try:
        message.set_content(text)
        if html is not None:
            message.add_alternative(html, subtype="html")
        return message.as_bytes()
    except (MessageError, ValueError, LookupError) as error:
        raise Unwritable(f"it cannot be written as an e-mail ({type(error).__name__})") from error


def new_message(sender: Sender, name: str, address: str, subject: str) -> EmailMessage:
    """Return a message to ``name`` at ``address``, still without text, date and id.

    Raises:
        Unwritable: one of the addresses is not valid.
    """
    addresses = [wire_address(one) for one in (address, sender.address, sender.reply_to or sender.address)]
    if any(email_fault(one) for one in addresses):
        raise Unwritable("the address cannot be used in an e-mail")
    to, from_, reply_to = addresses
    message = EmailMessage(_PLAIN if all(map(str.isascii, addresses)) else _INTERNATIONAL)
    # set_raw: assigning a header would parse it first and decode its encoded words
    message.set_raw("From", _mailbox("From", sender.name, from_))
    message.set_raw("To", _mailbox("To", name, to))
    if sender.reply_to:
        message.set_raw("Reply-To", reply_to)
    message.set_raw("Subject", _literal("Subject", subject))
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: asks for no out-of-office replies
    return message


def message_id(letter: OutgoingLetter, address: str) -> str:
    """Return an id made from the event that caused the letter, at the sender's domain."""
    return f"<{letter.serial}.{letter.hash[:32]}@{address.rpartition('@')[2]}>"


def wire_address(address: str) -> str:
    """Return the address with its domain in ASCII, which every server accepts. The part before the @ stays as it is."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}" if domain else address
    except UnicodeError:
        return address


def _mailbox(header: str, name: str, address: str) -> str:
    """Return a header value with a name and an address."""
    name = _one_line(name)
    if not name:
        return address
    if len(name) > _LONGEST_PHRASE or not _is_plain(name):
        return f"{Header(name, 'utf-8', header_name=header).encode()} <{address}>"
    return f"{name} <{address}>" if _ATOMS.fullmatch(name) else f'"{quote(name)}" <{address}>'


def _literal(header: str, text: str) -> str:
    """Return a header value that every program reads as exactly ``text``."""
    text = _one_line(text)
    return Header(text, "us-ascii" if _is_plain(text) else "utf-8", header_name=header).encode()


def _is_plain(text: str) -> bool:
    """Return whether ``text`` can be sent as it is, with nothing that could be decoded. Other texts are encoded."""
    return text.isascii() and "=?" not in text and not _LONG_WORD.search(text)


def _one_line(text: str) -> str:
    return printable(clean(text), _LONGEST)
