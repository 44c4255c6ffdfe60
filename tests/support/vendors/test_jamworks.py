"""Each rule of the simulated Jamworks portal, by the sentence of the vendor's help page that says it."""

from __future__ import annotations

import pytest

from tests.support.vendors.jamworks import JamworksPortal, Person
from tests.support.vendors.rejected import Rejected

HEADER = "email,First name,Last name,type"
ANN, BEN, EVE = (Person(f"{name.lower()}@x.edu", name, "Lee") for name in ("Ann", "Ben", "Eve"))


@pytest.fixture
def portal() -> JamworksPortal:
    """An organization with two seats. Eve has an account of her own."""
    portal = JamworksPortal(2)
    portal.accounts.add(EVE.key)
    portal.admins["ruth@x.edu"] = Person("ruth@x.edu", "Ruth", "Abel")
    return portal


def test_if_the_user_did_not_have_an_account_before_they_will_get_an_email_to_set_the_password(
    portal: JamworksPortal,
) -> None:
    portal.add_members(ANN)
    assert portal.mails == [("ann@x.edu", "set the password of your new Jamworks account")]


def test_the_existing_user_will_see_the_uni_plan_assigned_to_them_right_away(portal: JamworksPortal) -> None:
    portal.add_members(Person(EVE.email, "", ""))
    assert list(portal.members) == [EVE.key]
    assert portal.mails == []


def test_for_the_students_who_are_new_we_will_ask_you_to_fill_their_first_name_and_last_name(
    portal: JamworksPortal,
) -> None:
    with pytest.raises(Rejected, match="First Name and Last Name"):
        portal.add_members(Person("ann@x.edu", "Ann", ""))


def test_the_form_will_return_an_error_if_the_maximum_number_of_licenses_has_been_already_reached(
    portal: JamworksPortal,
) -> None:
    portal.add_members(ANN, BEN)
    with pytest.raises(Rejected, match="maximum"):
        portal.add_members(EVE)


def test_the_student_will_be_removed_and_you_will_have_one_more_spare_license_to_assign(portal: JamworksPortal) -> None:
    portal.add_members(ANN, BEN)
    portal.delete_participant("Ann@x.edu")
    assert portal.available == 1
    with pytest.raises(Rejected, match="not a member"):
        portal.delete_participant("ann@x.edu")


def test_you_can_provide_licenses_to_students_that_you_have_previously_unassigned_and_their_account_is_not_deleted(
    portal: JamworksPortal,
) -> None:
    portal.add_members(ANN)
    portal.delete_participant(ANN.email)
    portal.add_members(ANN)
    assert len(portal.mails) == 1


def test_students_from_the_file_will_be_automatically_invited_one_after_another(portal: JamworksPortal) -> None:
    imported = portal.import_csv(_csv("ann@x.edu,Ann,Lee", "ann@x.edu,Ann,Lee", "ben@x.edu,Ben,Lee", "eve@x.edu,E,L"))
    assert imported.added == ["ann@x.edu", "ben@x.edu"]
    assert imported.logs == ["ann@x.edu is a member already.", "The maximum number of licenses has been reached."]


@pytest.mark.parametrize("row", [",Ann,Lee", "ann@x.edu,,Lee", "ann@x.edu,Ann,"])
def test_you_will_need_to_provide_email_first_name_and_last_name_for_every_student(
    portal: JamworksPortal, row: str
) -> None:
    with pytest.raises(Rejected, match="has no"):
        portal.import_csv(_csv(row))


def test_please_keep_the_type_value_equal_to_participant_for_every_user(portal: JamworksPortal) -> None:
    with pytest.raises(Rejected, match="admin"):
        portal.import_csv(f"{HEADER}\nann@x.edu,Ann,Lee,admin\n".encode())


def test_please_fill_the_csv_template(portal: JamworksPortal) -> None:
    with pytest.raises(Rejected, match="header"):
        portal.import_csv(b"email,first name,last name,type\nann@x.edu,Ann,Lee,participant\n")


def test_the_info_of_a_member_can_be_edited(portal: JamworksPortal) -> None:
    """The help says so of administrators only."""
    portal.add_members(ANN, BEN)
    portal.edit_member(ANN.email, new_email="ann.ode@x.edu", last_name="Ode")
    assert portal.members["ann.ode@x.edu"] == Person("ann.ode@x.edu", "Ann", "Ode")
    with pytest.raises(Rejected, match="already"):
        portal.edit_member(BEN.email, new_email="ANN.ode@x.edu")


def test_all_admins_of_the_organization_have_the_same_permissions(portal: JamworksPortal) -> None:
    portal.create_admin(Person("omar@x.edu", "Omar", "Said"), by="ruth@x.edu")
    portal.remove_admin("ruth@x.edu", by="omar@x.edu")
    with pytest.raises(Rejected, match="not an administrator"):
        portal.create_admin(ANN, by="ruth@x.edu")


def test_the_list_of_members_has_the_administrators_too(portal: JamworksPortal) -> None:
    portal.add_members(ANN)
    assert portal.member_list().decode().splitlines() == [
        HEADER,
        "ruth@x.edu,Ruth,Abel,admin",
        "ann@x.edu,Ann,Lee,participant",
    ]


def _csv(*rows: str) -> bytes:
    return "\n".join([HEADER, *(f"{row},participant" for row in rows)]).encode()
