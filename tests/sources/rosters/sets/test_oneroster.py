"""OneRoster 1.1 and 1.2: who is a member, with which tags, and who is left out and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatsync.domain.diagnostic import Severity
from seatsync.sources.rosters.how import Take
from tests.sources.rosters.sets.a_set import enrollment, oneroster, pack, read, table, user, write
from tests.support.command_line import seatsync


@pytest.mark.parametrize("way", ["a folder", "a zip file", "a zip file with a folder in it"])
def test_people_tags_and_their_ends_are_read(tmp_path: Path, way: str) -> None:
    if way == "a folder":
        found, name = read(write(tmp_path, oneroster())), "sis"
    else:
        found, name = (
            read(pack(tmp_path, oneroster(), within="export/" if "in it" in way else ""), "sis.zip"),
            "sis.zip",
        )
    assert [*found.members] == ["ann@school.example", "tom@school.example"]
    ann = found.members["ann@school.example"]
    assert ann[:5] == ("ann@school.example", "Ann", "Lee", "101", "student")
    assert str(ann.origin) == (f"{name}/users.csv:2" if "in it" not in way else "sis.zip/export/users.csv:2")
    assert found.tags("ann@school.example") == {
        "class:NT501": "2026-12-18",
        "grade:11": "",
        "org:North School": "",
        "role:student": "",
        "term:FS2026": "2026-12-18",
    }
    assert found.tags("tom@school.example")["role:teacher"] == ""


def test_who_is_gone_blocked_or_a_guardian_is_left_out_and_counted(tmp_path: Path) -> None:
    found = read(write(tmp_path, oneroster()))
    [notice] = found.found
    assert (notice.code, notice.severity) == ("left-out", Severity.NOTICE)
    assert notice.message == "3 rows are no members: 1 deleted, 1 disabled, 1 role guardian."
    assert notice.origin is not None
    assert notice.origin.file == "sis/users.csv"


def test_the_order_and_case_of_columns_and_names_does_not_matter(tmp_path: Path) -> None:
    users = [{name.upper(): value for name, value in reversed(user("u1", "Student", "Ann", "Lee").items())}]
    found = read(write(tmp_path, oneroster(users=table(*users))))
    assert found.tags("ann@school.example")["class:NT501"] == "2026-12-18"
    assert found.tags("ann@school.example")["role:student"] == ""


def test_older_names_of_columns_mean_the_same(tmp_path: Path) -> None:
    people = user("u1", "student", "Ann", "Lee")
    people["orgs"] = people.pop("orgSourcedIds")
    found = read(write(tmp_path, oneroster(users=table(people))))
    assert "org:North School" in found.tags("ann@school.example")


def test_a_column_that_is_there_twice_must_say_the_same(tmp_path: Path) -> None:
    text = "role," + table(user("u1", "student", "Ann", "Lee")).replace("\nu1", "\nstudent,u1")
    assert [*read(write(tmp_path, oneroster(users=text))).members] == ["ann@school.example"]
    found = read(write(tmp_path, oneroster(users=text.replace("\nstudent,u1", "\nguardian,u1"))))
    assert "csv-header" in found.codes


def test_of_several_terms_of_a_class_the_last_day_of_the_latest_counts(tmp_path: Path) -> None:
    sessions = table({"sourcedId": "Q1", "endDate": "2026-10-30"}, {"sourcedId": "Q2", "endDate": "2026-12-18"})
    classes = table({"sourcedId": "c1", "title": "Acts", "termSourcedIds": "Q1,Q2"})
    tags = read(write(tmp_path, oneroster(academicSessions=sessions, classes=classes))).tags("ann@school.example")
    assert (tags["class:Acts"], tags["term:Q1"], tags["term:Q2"]) == ("2026-12-18", "2026-10-30", "2026-12-18")


def test_a_term_whose_id_nobody_can_read_is_named_by_its_title(tmp_path: Path) -> None:
    id = "3f2b1c9a-77aa-4e0b-9d3e-0123456789ab"
    sessions = table({"sourcedId": id, "title": "Fall 2026", "endDate": "2026-12-18"})
    classes = table({"sourcedId": "c1", "title": "Acts; one", "termSourcedIds": id})
    tags = read(write(tmp_path, oneroster(academicSessions=sessions, classes=classes))).tags("ann@school.example")
    assert tags["term:Fall 2026"] == tags["class:Acts, one"] == "2026-12-18"


def test_enrollments_classes_and_terms_that_are_deleted_give_no_tags(tmp_path: Path) -> None:
    gone = enrollment("u1", "student", status="tobedeleted")
    assert "class:NT501" not in read(write(tmp_path, oneroster(enrollments=table(gone)))).tags("ann@school.example")


def test_an_enrollment_in_a_class_that_the_set_lacks_is_told_once(tmp_path: Path) -> None:
    rows = [enrollment("u1", "student", classSourcedId=f"x{number % 2}") for number in range(9)]
    found = read(write(tmp_path, oneroster(enrollments=table(*rows))))
    [warning] = [diagnostic for diagnostic in found.found if diagnostic.code == "set-incomplete"]
    assert warning.severity is Severity.WARNING
    assert 'names the classes "x0", "x1", which the set does not have' in warning.message


def test_a_class_of_a_term_that_the_set_lacks_is_told(tmp_path: Path) -> None:
    found = read(write(tmp_path, oneroster(academicSessions=table({"sourcedId": "Q1", "endDate": "2026-10-30"}))))
    assert found.tags("ann@school.example")["class:NT501"] == ""
    assert "set-incomplete" in found.codes


def test_roles_of_1_2_stand_in_a_file_of_their_own(tmp_path: Path) -> None:
    people = [user(id, "", given, "Lee") for id, given in (("u1", "Ann"), ("u2", "Pam"), ("u3", "Nil"))]
    for person in people:
        del person["role"], person["orgSourcedIds"]
    roles = table(
        {"userSourcedId": "u1", "roleType": "secondary", "role": "aide", "orgSourcedId": "o1"},
        {
            "userSourcedId": "u1",
            "roleType": "primary",
            "role": "student",
            "orgSourcedId": "o1",
            "endDate": "2027-05-31",
        },
        {"userSourcedId": "u2", "roleType": "primary", "role": "parent", "orgSourcedId": "o1"},
        {"userSourcedId": "u3", "roleType": "primary", "role": "student", "status": "tobedeleted"},
    )
    found = read(write(tmp_path, oneroster(users=table(*people), roles=roles)))
    assert [*found.members] == ["ann@school.example"]
    assert found.members["ann@school.example"].role == "student"
    tags = found.tags("ann@school.example")
    assert (tags["role:aide"], tags["role:student"], tags["org:North School"]) == ("", "2027-05-31", "")
    assert "1 role parent" in found.found[-1].message
    assert "1 no role" in found.found[-1].message


def test_a_set_that_does_not_say_who_is_a_guardian_is_refused(tmp_path: Path) -> None:
    person = user("u1", "", "Ann", "Lee")
    del person["role"]
    found = read(write(tmp_path, oneroster(users=table(person))))
    assert (found.codes, found.members) == (["set-incomplete"], {})


def test_a_delta_is_no_roster(tmp_path: Path) -> None:
    manifest = oneroster()["manifest.csv"].replace("file.enrollments,bulk", "file.enrollments,delta")
    found = read(write(tmp_path, oneroster(manifest=manifest)))
    assert (found.codes, found.members) == (["set-delta"], {})
    assert str(found.found[0].origin) == "sis/manifest.csv:5"
    assert "bulk" in found.found[0].help


def test_an_export_that_broke_off_is_refused(tmp_path: Path) -> None:
    found = read(write(tmp_path, oneroster(enrollments="")))
    assert (found.codes, found.members) == (["set-incomplete"], {})


def test_a_status_that_nobody_knows_is_an_error_until_it_is_named(tmp_path: Path) -> None:
    people = [user("u1", "student", "Ann", "Lee", status="zzz"), user("u2", "student", "Ben", "Ode", status="ZZZ")]
    found = read(write(tmp_path, oneroster(users=table(*people))))
    assert "unknown-status" in found.codes
    assert "zzz" in found.found[0].message
    named = read(tmp_path, take=Take(status=("zzz",)))
    assert [*named.members] == ["ann@school.example", "ben@school.example"]


def test_what_says_neither_enabled_nor_disabled_is_an_error_until_it_is_named(tmp_path: Path) -> None:
    people = [user("u1", "student", "Ann", "Lee"), user("u2", "student", "Ben", "Ode", enabledUser="zzz")]
    found = read(write(tmp_path, oneroster(users=table(*people))))
    assert ([*found.members], found.codes[0]) == (["ann@school.example"], "unknown-status")
    assert "zzz" in found.found[0].message
    assert len(read(tmp_path, take=Take(status=("zzz",))).members) == 2


@pytest.mark.parametrize("word", ["false", "N", "0", "nein", "disabled", "suspended"])
def test_who_is_not_enabled_is_left_out_in_any_words(tmp_path: Path, word: str) -> None:
    people = [user("u1", "student", "Ann", "Lee"), user("u2", "student", "Ben", "Ode", enabledUser=word)]
    found = read(write(tmp_path, oneroster(users=table(*people))))
    assert ([*found.members], found.codes) == (["ann@school.example"], ["left-out"])


@pytest.mark.parametrize("word", ["blocked", "Terminated", "gelöscht", "deleted_last_completed", "To Be Deleted"])
def test_who_is_gone_in_the_words_of_any_roster_is_gone_in_a_set(tmp_path: Path, word: str) -> None:
    people = [user("u1", "student", "Ann", "Lee"), user("u2", "student", "Ben", "Ode", status=word)]
    found = read(write(tmp_path, oneroster(users=table(*people))))
    assert ([*found.members], found.codes) == (["ann@school.example"], ["left-out"])


def test_who_is_active_by_name_stands_for_all_words_of_members(tmp_path: Path) -> None:
    people = [user("u1", "student", "Ann", "Lee", status="enrolled"), user("u2", "student", "Ben", "Ode", status="zzz")]
    found = read(write(tmp_path, oneroster(users=table(*people))), take=Take(status=("active",)))
    assert ([*found.members], found.codes) == (["ann@school.example"], ["left-out"])


def test_a_day_that_is_none_is_an_error_with_its_place(tmp_path: Path) -> None:
    rows = [enrollment("u1", "student", endDate="2026-12-18"), enrollment("u2", "teacher", endDate="soon")]
    found = read(write(tmp_path, oneroster(enrollments=table(*rows))))
    [error] = [diagnostic for diagnostic in found.found if diagnostic.code == "invalid-value"]
    assert str(error.origin) == "sis/enrollments.csv:3"


def test_without_e_mails_the_error_says_which_line_to_write(tmp_path: Path) -> None:
    people = [user("u1", "student", "Ann", "Lee", email=""), user("u2", "student", "Ben", "Ode", email="")]
    found = read(write(tmp_path, oneroster(users=table(*people))))
    [error] = found.found
    assert error.severity is Severity.ERROR
    assert 'map: {email: "{username}@school.example"}' in error.help
    mapped = read(tmp_path, map={"email": "{username}@grace.example"})
    assert [*mapped.members] == ["ann@grace.example", "ben@grace.example"]


def test_who_alone_has_no_e_mail_is_left_out_with_a_warning(tmp_path: Path) -> None:
    people = [user("u1", "student", "Ann", "Lee"), user("u2", "student", "Ben", "Ode", email="")]
    [warning] = read(write(tmp_path, oneroster(users=table(*people)))).found
    assert (warning.code, warning.severity, str(warning.origin)) == (
        "missing-value",
        Severity.WARNING,
        "sis/users.csv:3",
    )


def test_a_map_to_a_column_that_is_not_there_is_an_error_with_a_guess(tmp_path: Path) -> None:
    found = read(write(tmp_path, oneroster()), map={"email": "{usernam}@grace.example", "student_id": "sourcedId"})
    assert found.codes == ["unknown-column"]
    assert found.found[0].message.endswith('Did you mean "username"? More may be found once this is mended.')
    assert read(tmp_path, map={"student_id": "sourcedId"}).members["ann@school.example"].student_id == "u1"


def test_what_is_taken_can_be_said(tmp_path: Path) -> None:
    write(tmp_path, oneroster())
    assert [*read(tmp_path, take=Take(roles=("guardian",))).members] == ["pam@school.example"]
    assert [*read(tmp_path, take=Take(orgs=("North School",))).members] == ["ann@school.example", "tom@school.example"]
    assert [*read(tmp_path, take=Take(orgs=("N1",))).members] == ["ann@school.example", "tom@school.example"]
    assert [*read(tmp_path, take=Take(terms=("fall",))).members] == ["ann@school.example", "tom@school.example"]


def test_tags_come_from_other_columns_or_not_at_all(tmp_path: Path) -> None:
    sources = {
        "class": "{courses.courseCode}-{classes.title}",
        "dept": "{username|email}",
        "at": "grace",
        "role": None,
        "term": None,
    }
    tags = read(write(tmp_path, oneroster()), tags_from=sources).tags("ann@school.example")
    assert tags == {
        "at:grace": "",
        "class:NT-Acts": "2026-12-18",
        "dept:ann": "",
        "grade:11": "",
        "org:North School": "",
    }


def test_two_people_with_one_e_mail_are_told_as_in_every_roster(tmp_path: Path) -> None:
    people = [user("u1", "student", "Ann", "Lee"), user("u2", "student", "Ann", "Ode")]
    found = read(write(tmp_path, oneroster(users=table(*people))))
    assert "duplicate-email" in found.codes
    assert "sesame" not in str(found.found)


def test_every_file_that_was_read_counts_to_the_digest_and_so_does_another_file(tmp_path: Path) -> None:
    found = read(write(tmp_path, oneroster()))
    digests = found.folder.digests
    assert {"sis/", "sis/users.csv", "sis/enrollments.csv", "sis/manifest.csv"} <= digests.keys()
    assert all(read(tmp_path).folder.is_still(name, digest) for name, digest in digests.items())
    write(tmp_path, {"roles.csv": "userSourcedId,role\n"})
    assert read(tmp_path).folder.digests["sis/"] != digests["sis/"]


WITHOUT = {
    "users.csv": "sourcedId,role,givenName,familyName,email,userMasterIdentifier\nu1,student,Ann,Lee,ann@school.example,\n",
    "orgs.csv": "sourcedId,name\no1,Grace\n",
}


@pytest.mark.parametrize("asked", [Take(status=("active",)), Take(orgs=("Grace",)), Take(terms=("FS2026",))])
def test_what_is_taken_by_a_column_that_the_set_lacks_never_lets_everybody_in(tmp_path: Path, asked: Take) -> None:
    assert [*read(write(tmp_path, WITHOUT)).members] == ["ann@school.example"]
    found = read(tmp_path, take=asked)
    assert not found.members
    assert any("take" in one.message or "The set has no term" in one.message for one in found.found), found.codes


def test_an_organisation_or_term_that_the_set_lacks_is_an_error_with_a_guess(tmp_path: Path) -> None:
    found = read(write(tmp_path, oneroster()), take=Take(orgs=("Nort School",), terms=("FS2025",)))
    messages = [finding.message for finding in found.found if finding.severity is Severity.ERROR]
    assert sorted(messages) == [
        'The set has no org "Nort School". Did you mean "North School"?',
        'The set has no term "FS2025". Did you mean "FS2026"?',
    ]


def test_words_of_status_that_are_taken_come_beside_the_active_or_stand_alone(tmp_path: Path) -> None:
    people = [user("u1", "student", "Ann", "Lee"), user("u2", "student", "Ben", "Ode", status="inactive")]
    people.append(user("u3", "student", "Cy", "Roe", status="active"))
    write(tmp_path, oneroster(users=table(*people)))
    assert len(read(tmp_path, take=Take(status=("inactive",))).members) == 3
    assert [*read(tmp_path, take=Take(status=("active",))).members] == ["ann@school.example", "cy@school.example"]
    assert len(read(tmp_path, map={"status": None}).members) == 3


def test_what_is_read_from_where_can_be_seen(tmp_path: Path) -> None:
    folder = write(tmp_path, oneroster())
    shown = seatsync("validate", "sis", "--verbose", folder=folder)
    assert "sis: 2 members, read as OneRoster\n" in shown.out + shown.err
    for line in (
        "student id: identifier, else sourcedId",
        "tags class: {classes.classCode|classes.title|classes.sourcedId}",
        "left out, role guardian: 1 row (line 4)",
    ):
        assert line in shown.out + shown.err


@pytest.mark.parametrize("way", ["a folder", "a zip file"])
def test_passwords_in_a_set_are_a_warning_that_quotes_none(tmp_path: Path, way: str) -> None:
    people = [
        user("u1", "student", "Ann", "Lee"),
        user("u2", "student", "Ben", "Ode", password="sesame"),
        user("u3", "sesame", "Cy", "Roe"),
        user("u4", "student", "Di", "Poe", status="sesame"),
    ]
    files = oneroster(users=table(*people))
    name = "sis" if way == "a folder" else "sis.zip"
    found = read(
        write(tmp_path, files) if way == "a folder" else pack(tmp_path, files), name, take=Take(roles=("student",))
    )
    warning = next(one for one in found.found if one.code == "password-in-roster")
    assert str(warning.origin).startswith(f"{name}/users.csv:3")
    assert {"unknown-status", "left-out"} <= {*found.codes}
    assert "sesame" not in str(found.found)
