"""Each rule of the simulated Logos portal, by the sentence of the vendor's help page that says it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from tests.support.vendors.logos import (
    ALL_USERS,
    DELIVERED,
    OPTED_OUT,
    PERMANENT,
    REVOKED,
    TEMPLATE,
    TEMPORARY,
    UNCLAIMED,
    WITH_LICENSE,
    WITHOUT_LICENSE,
    LogosPortal,
    Slots,
)
from tests.support.vendors.rejected import Rejected

HEADER = ",".join(TEMPLATE)
ANN, BEN, EVE = "Student,1,Ann,Lee,ann@x.edu", ",,Ben,Ode,ben@x.edu", ",,Eve,Ray,eve@x.edu"


@pytest.fixture
def portal() -> LogosPortal:
    """Ann (user 0), Ben (1) and Eve (2), a library of two seats, a subscription of one."""
    portal = LogosPortal(lambda: datetime(2026, 9, 1, 8, 30, tzinfo=UTC), opt_out=True)
    portal.import_users(_csv(ANN, BEN, EVE))
    portal.add_library("Books", 2)
    portal.add_library("Logos", 1, is_subscription=True)
    return portal


# ── Users ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_import_button_allows_you_to_bulk_import_users_using_the_provided_template(portal: LogosPortal) -> None:
    assert next(vars(user) for user in portal.users.values()) == {
        "given_name": "Ann",
        "family_name": "Lee",
        "email": "ann@x.edu",
        "user_id": "1",
        "role": "Student",
        "tags": {"2026-09-01 08:30"},
        "is_listed": True,
    }


def test_the_table_title_of_numbers_will_cause_an_error_when_you_import_the_template(portal: LogosPortal) -> None:
    with pytest.raises(Rejected):
        portal.import_users(f"Table 1\n{HEADER}\n,,Zoë,Lee,zoe@x.edu\n".encode())


@pytest.mark.parametrize("header", ["email,First name,Last name,type", ",".join(reversed(TEMPLATE)), HEADER.lower()])
def test_other_columns_than_those_of_the_template_are_an_error(portal: LogosPortal, header: str) -> None:
    with pytest.raises(Rejected, match="header"):
        portal.import_users(f"{header}\n{'a,' * header.count(',')}a\n".encode())


@pytest.mark.parametrize("row", [",,,Lee,zoe@x.edu", ",,Zoë,,zoe@x.edu", ",,Zoë,Lee,"])
def test_given_name_family_name_and_institution_email_address_are_required(portal: LogosPortal, row: str) -> None:
    with pytest.raises(Rejected, match="Row 2 has no"):
        portal.import_users(_csv(row))


@pytest.mark.parametrize("rows", [[",,Ann,Lee,ANN@x.edu"], [",,Zoë,Lee,zoe@x.edu", ",,Zoë,Lee,zoe@x.edu"]])
def test_to_avoid_errors_make_sure_there_are_no_duplicate_users(portal: LogosPortal, rows: list[str]) -> None:
    with pytest.raises(Rejected, match="duplicate user"):
        portal.import_users(_csv(*rows))
    assert len(portal.users) == 3


@pytest.mark.parametrize("rows", [[",1,Zoë,Lee,zoe@x.edu"], [",7,Zoë,Lee,zoe@x.edu", ",7,Ian,Lee,ian@x.edu"]])
def test_each_user_must_have_a_unique_id_number_repeating_numbers_will_result_in_an_error(
    portal: LogosPortal, rows: list[str]
) -> None:
    with pytest.raises(Rejected, match="not unique"):
        portal.import_users(_csv(*rows))


def test_you_also_can_add_user_tags_to_all_the_users_on_the_list_you_are_importing(portal: LogosPortal) -> None:
    zoe, ian = portal.import_users(_csv(",,Zoë,Lee,zoe@x.edu", ",,Ian,Lee,ian@x.edu"), ["student", "greek"])
    assert portal.users[zoe].tags == portal.users[ian].tags == {"student", "greek", "2026-09-01 08:30"}
    assert portal.list_users(tag="greek") == [zoe, ian]


def test_first_name_last_name_and_email_are_required_to_create_a_user(portal: LogosPortal) -> None:
    zoe = portal.create_user("Zoë", "Lee", "zoe@x.edu")
    assert portal.users[zoe].email == "zoe@x.edu"
    with pytest.raises(Rejected, match="required"):
        portal.create_user("Zoë", "", "zoe2@x.edu")
    with pytest.raises(Rejected, match="duplicate"):
        portal.create_user("Zoë", "Lee", "zoe@x.edu")


def test_if_you_change_the_email_for_a_user_you_are_simply_changing_your_records(portal: LogosPortal) -> None:
    portal.grant_temporary("Books", [0])
    portal.claim("Books", "ann@x.edu", "ann@home.example")
    portal.edit_user(0, email="ann.lee@x.edu", user_id="7")
    license = portal.library("Books").of(portal.user("ann.lee@x.edu"))
    assert (license.kind, license.status, license.account) == (TEMPORARY, DELIVERED, "ann@home.example")
    with pytest.raises(Rejected, match="duplicate"):
        portal.edit_user(0, email="ben@x.edu")
    with pytest.raises(Rejected, match="required"):
        portal.edit_user(0, given_name="")


def test_remove_users_from_institution(portal: LogosPortal) -> None:
    """What becomes of their licenses is an assumption: temporary ones end, permanent ones stay owned."""
    portal.grant_temporary("Books", [0])
    portal.grant_permanent("Books", [1])
    portal.remove_users([0, 1])
    assert list(portal.users) == [2]
    assert portal.slots("Books") == Slots(2, 1, 1, 0, 1, 0, 0)
    ann, ben = portal.import_users(_csv(ANN, BEN))
    assert portal.list_library("Books", WITH_LICENSE) == [ben]
    assert portal.list_library("Books", WITHOUT_LICENSE) == [2, ann]


# ── Lists and selections ────────────────────────────────────────────────────────────────────────────────────────────


def test_three_filters_can_be_used_to_adjust_which_users_you_see_listed(portal: LogosPortal) -> None:
    portal.grant_temporary("Books", [0])
    assert portal.list_library("Books", WITH_LICENSE) == [0]
    assert portal.list_library("Books", WITHOUT_LICENSE) == [1, 2]
    assert portal.list_library("Books", ALL_USERS) == portal.list_library("Books") == [0, 1, 2]


def test_you_can_narrow_the_users_list_by_searching_in_the_find_box(portal: LogosPortal) -> None:
    assert portal.list_users("ode") == portal.list_library("Books", search="BEN@") == [1]


def test_the_combination_of_these_filters_will_give_you_a_list_of_all_users_with_an_unclaimed_seat(
    portal: LogosPortal,
) -> None:
    portal.grant_temporary("Books", [0])
    portal.grant_permanent("Books", [2])
    portal.claim("Books", "eve@x.edu", "eve@x.edu")
    assert portal.list_library("Books", WITH_LICENSE, kinds=[TEMPORARY, PERMANENT], statuses=[UNCLAIMED]) == [0]
    assert portal.list_library("Books", WITH_LICENSE, kinds=[PERMANENT]) == [2]


def test_bulk_select_by_email_using_the_csv_files_you_use_to_import_users(portal: LogosPortal) -> None:
    portal.grant_temporary("Books", [0])
    without = portal.list_library("Books", WITHOUT_LICENSE)
    assert portal.select_by_csv(_csv(BEN.upper(), ANN), without) == ([1], ["ann@x.edu"])
    with pytest.raises(Rejected, match="no column"):
        portal.select_by_csv(b"name\nBen\n", without)


# ── Licenses ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_reserved_means_you_have_granted_access_but_the_student_has_yet_to_claim_it(portal: LogosPortal) -> None:
    portal.grant_temporary("Books", [0])
    portal.grant_permanent("Books", [1])
    assert portal.slots("Books") == Slots(2, 2, 0, 1, 1, 0, 0)
    portal.claim("Books", "ann@x.edu", "ann@home.example")
    portal.claim("Books", "ben@x.edu", "ben@x.edu")
    assert portal.slots("Books") == Slots(2, 2, 0, 0, 0, 1, 1)


def test_available_slots_are_how_many_are_able_to_be_distributed(portal: LogosPortal) -> None:
    with pytest.raises(Rejected, match="2 available slots, and 3 are needed"):
        portal.grant_temporary("Books", [0, 1, 2])
    assert portal.slots("Books").used == 0


def test_users_with_license_can_be_changed_from_temporary_to_permanent(portal: LogosPortal) -> None:
    portal.grant_temporary("Books", [0, 1])
    portal.claim("Books", "ben@x.edu", "ben@x.edu")
    portal.grant_permanent("Books", [0, 1])
    assert portal.slots("Books") == Slots(2, 2, 0, 0, 1, 0, 1)


def test_permanent_is_not_available_for_subscriptions(portal: LogosPortal) -> None:
    with pytest.raises(Rejected, match="subscription"):
        portal.grant_permanent("Logos", [0])


def test_temporary_libraries_can_be_revoked_and_redistributed(portal: LogosPortal) -> None:
    portal.grant_temporary("Books", [0, 1])
    portal.revoke("Books", [0])
    license = portal.library("Books").of(0)
    assert (license.kind, license.status) == ("None", REVOKED)
    portal.grant_temporary("Books", [2])
    with pytest.raises(Rejected, match="has no license"):
        portal.revoke("Books", [0])


def test_you_cannot_revoke_a_license_once_permanent_access_has_been_granted(portal: LogosPortal) -> None:
    portal.grant_permanent("Books", [0])
    with pytest.raises(Rejected, match="cannot be revoked"):
        portal.revoke("Books", [0])


@pytest.mark.parametrize("grant", [LogosPortal.grant_temporary, LogosPortal.grant_permanent])
def test_what_a_user_has_is_not_granted_again(portal: LogosPortal, grant: object) -> None:
    assert callable(grant)
    grant(portal, "Books", [0])
    with pytest.raises(Rejected, match="already"):
        grant(portal, "Books", [0])


def test_simply_choose_the_user_from_the_list_and_use_the_resend_invite_emails_option(portal: LogosPortal) -> None:
    portal.grant_temporary("Books", [0])
    portal.resend_invite_emails("Books", [0])
    assert portal.library("Books").of(0).invitations == 2
    portal.claim("Books", "ann@x.edu", "ann@x.edu")
    with pytest.raises(Rejected, match="no unclaimed license"):
        portal.resend_invite_emails("Books", [0])


def test_you_need_to_begin_by_selecting_the_relevant_users(portal: LogosPortal) -> None:
    with pytest.raises(Rejected, match="Nobody"):
        portal.grant_temporary("Books", [])
    with pytest.raises(Rejected, match="no library"):
        portal.grant_temporary("Maps", [0])


def test_users_may_opt_out_if_it_is_enabled_by_the_institution(portal: LogosPortal) -> None:
    portal.grant_temporary("Books", [0, 1])
    portal.opt_out_of("Books", "ann@x.edu")
    assert portal.library("Books").of(0).status == OPTED_OUT
    assert portal.slots("Books").available == 1
    portal.opt_out = False
    with pytest.raises(Rejected, match="not enabled"):
        portal.opt_out_of("Books", "ben@x.edu")


def test_what_is_claimed_is_not_claimed_or_declined_again(portal: LogosPortal) -> None:
    portal.grant_temporary("Books", [0])
    portal.claim("Books", "ann@x.edu", "ann@x.edu")
    with pytest.raises(Rejected, match="nothing to claim"):
        portal.claim("Books", "ann@x.edu", "ann@x.edu")
    with pytest.raises(Rejected, match="nothing to opt out"):
        portal.opt_out_of("Books", "ann@x.edu")


# ── Export user data ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("writes_kind_before", [True, False])
def test_you_will_be_provided_with_a_csv_file_listing_names_emails_user_ids_and_license_status_for_all_users(
    portal: LogosPortal, writes_kind_before: bool
) -> None:
    """Whether "None, Revoked" or "Temporary, Revoked" stands in it, the help does not say."""
    portal.writes_kind_before = writes_kind_before
    portal.grant_temporary("Books", [0, 1])
    portal.claim("Books", "ben@x.edu", "ben@home.example")
    portal.revoke("Books", [0])
    left = "Temporary" if writes_kind_before else "None"
    assert _read(portal.export_user_data("Books")) == [
        ["Given Name", "Family Name", "Email", "User ID", "License Kind", "License Status"],
        ["Ann", "Lee", "ann@x.edu", "1", left, "Revoked"],
        ["Ben", "Ode", "ben@x.edu", "", "Temporary", "Delivered"],
        ["Eve", "Ray", "eve@x.edu", "", "None", "None"],
    ]
    assert _read(portal.export_user_data())[0][4:] == [
        *("Books License Kind", "Books License Status"),
        *("Logos License Kind", "Logos License Status"),
    ]


def _csv(*rows: str) -> bytes:
    return "\r\n".join([HEADER, *rows]).encode()


def _read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))
