"""A letter in words → a message as it goes over the wire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from seatsync.domain.names import email_fault
from seatsync.outbox.owed import Owed, Values
from seatsync.outbox.rendering import Rendered

_PLAIN = policy.SMTP.clone(cte_type="7bit")  # so that no server on the way has anything to convert
_INTERNATIONAL = policy.SMTPUTF8.clone(cte_type="7bit")


@dataclass(frozen=True)
class Sender:
    """Whom letters are from, and who gets the answers (empty: the same)."""

    name: str
    address: str
    reply_to: str = ""


def as_sender(text: str) -> Sender | str:
    """A sender written as ``Name <address>`` or as an address alone; or what is wrong with it."""
    name, address = parseaddr(text)
    return email_fault(address or text) or Sender(name, address)


def compose(letter: Owed, values: Values, words: Rendered, sender: Sender, at: datetime) -> EmailMessage:
    """The message. Its Message-ID is the same whenever and by whomever this letter is sent, and names nobody."""
    name = f"{values['given_name']} {values['family_name']}".strip()
    message = new_message(sender, name, letter.address, words.subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id(letter, wire_address(sender.address))
    if link := values["opt_out_link"]:
        message["List-Unsubscribe"] = f"<{link}>"  # a page that asks, not the one click of RFC 8058: scanners click too
    message.set_content(words.text)
    if words.html is not None:
        message.add_alternative(words.html, subtype="html")
    return message


def new_message(sender: Sender, name: str, address: str, subject: str) -> EmailMessage:
    """A message to ``name`` at ``address``, without its text, date and id."""
    to, own = wire_address(address), wire_address(sender.address)
    message = EmailMessage(_PLAIN if to.isascii() and own.isascii() else _INTERNATIONAL)
    message["From"] = _mailbox(sender.name, own)
    message["To"] = _mailbox(name, to)
    if sender.reply_to:
        message["Reply-To"] = _mailbox("", wire_address(sender.reply_to))
    message["Subject"] = subject
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


def _mailbox(name: str, address: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(name, local, domain) if local else Address(name, address)
