"""The libraries of seatsync.yaml, and what of them does not go together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from seatsync.domain.library import DEFAULT_DELIVERY, DeliveredBy, Delivery, Library
from seatsync.domain.license import Kind
from seatsync.domain.money.price import Price, parse_price
from seatsync.domain.money.purchases import Contract, Purchase, total_on
from seatsync.formats.config import InstitutionEntry
from seatsync.formats.libraries import LibraryEntry
from seatsync.formats.purchases import ContractEntry
from seatsync.systems.portal import Portal
from seatsync.systems.registry import SYSTEMS, portal_of


class LibraryFault(NamedTuple):
    """What a library says that does not go with where its seats live, and what to do. ``key`` is where it says it, if anywhere."""

    library: str
    key: str | None
    message: str
    help: str


def library_of(id: str, entry: LibraryEntry, institution: InstitutionEntry, today: date) -> Library:
    """The library that an entry describes, with the seats of today."""
    if entry.system is not None:
        system = SYSTEMS[entry.system]
        kinds, delivery = system.kinds, system.delivery
    else:
        kinds = tuple(kind for kind in (Kind.TEMPORARY, Kind.PERMANENT) if kind.value in (entry.kinds or ()))
        delivery = Delivery(entry.delivery or DEFAULT_DELIVERY)
    delivered_by = DeliveredBy(entry.delivered_by or institution.delivered_by)
    writes = delivered_by is DeliveredBy.SEATSYNC if entry.sends_letters is None else entry.sends_letters
    shown = (entry.claim_url or "", entry.open_url or "", entry.about or "")
    has_line = entry.when_full == "wait"
    bought = tuple(_purchases(entry))
    slots = entry.slots if isinstance(entry.slots, int) else total_on(bought, today.isoformat())
    product = (id, entry.title, entry.system or "", kinds, delivery, slots)
    below = entry.warn_below or 0
    return Library(*product, writes, delivered_by, *shown, bought, has_line=has_line, warn_below=below)


def _purchases(entry: LibraryEntry) -> Iterator[Purchase]:
    """The purchases of a library. One number of seats is a purchase if it has a price or a contract."""
    price, contract = _price(entry.price), _contract(entry.contract)
    if isinstance(entry.slots, int):
        if price is not None or contract is not None:
            yield Purchase(entry.slots, price=price, contract=contract)
        return
    for one in entry.slots:
        since, until = (day.isoformat() if day is not None else "" for day in (one.from_, one.until))
        yield Purchase(one.count, since, until, _price(one.price) or price, _contract(one.contract) or contract)


def _price(written: str | None) -> Price | None:
    return parse_price(written) if written is not None else None


def _contract(entry: ContractEntry | None) -> Contract | None:
    if entry is None:
        return None
    return Contract(entry.until.isoformat(), int((entry.notice or "0d")[:-1]), entry.order or "")


def _beside(first: Library, library: Library, portal: Portal) -> tuple[str, str] | None:
    """Why the library can't live in a portal beside the first one there, and what to do; None if it is the first one."""
    if first is library:
        return None
    message = f"{portal.title} has one list of members, so it can't tell {library.id} from {first.id}, which is delivered there too."
    return message, "Write one library for both, or keep one of them in an institution of its own."


def _fault(library: Library) -> tuple[str, str] | None:
    """Why the library can't live where it says that it does, and what to do; None if it can."""
    if not library.is_at_vendor:
        message = (
            f"{library.id} has a `claim_url`, but its members claim on seatsync's pages, so nobody would be sent there."
        )
        return (message, "Write `delivered_by: vendor`, or delete `claim_url`.") if library.claim_url else None
    if not library.system:
        message = f"{library.id} is delivered by the vendor, but `kinds` and `delivery` do not say which vendor's portal that is."
        return message, f"Write `system:` with one of {', '.join(SYSTEMS)}, or write `delivered_by: seatsync` here."
    if library.sends_letters and not (library.claim_url or library.delivery.facts.at_once):
        message = (
            f"{library.id} is delivered by the vendor and has `sends_letters: true`, but without `claim_url` "
            "an invitation has no link."
        )
        help = "Write the vendor's page where members claim under `claim_url`, or delete `sends_letters: true`."
        return message, help
    return None


def faults_of(libraries: Mapping[str, Library], entries: Mapping[str, LibraryEntry]) -> list[LibraryFault]:
    """What the libraries say that does not go with where their seats live."""
    alone: dict[str, Library] = {}
    faults = []
    for id, library in libraries.items():
        portal, fault = portal_of(library) if library.is_at_vendor else None, _fault(library)
        if portal is not None and portal.lists_only_holders and fault is None:
            fault = _beside(alone.setdefault(portal.name, library), library, portal)
        if fault is not None:
            said = (name for name in ("claim_url", "delivered_by") if getattr(entries[id], name) is not None)
            faults.append(LibraryFault(id, next(said, None), *fault))
    return faults
