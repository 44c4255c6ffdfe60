"""Microsoft School Data Sync: version 1 knows people by user name, version 2.1 has their roles in a file of its own."""

from __future__ import annotations

from pathlib import Path

from tests.sources.rosters.sets.a_set import read, table, write

PERSON = {"Password": "", "School SIS ID": "10"}
V1 = {
    "School.csv": table({"SIS ID": "10", "Name": "Contoso High"}),
    "Section.csv": table(
        {
            "SIS ID": "11",
            "School SIS ID": "10",
            "Section Name": "Algebra 1",
            "Term SIS ID": "SY26",
            "Term Name": "Year 26",
            "Term EndDate": "6/30/2027",
        }
    ),
    "Student.csv": table(
        {
            "SIS ID": "31",
            "First Name": "Ora",
            "Last Name": "Klein",
            "Username": "OKlein",
            "Grade": "9",
            "Status": "Active",
        }
        | PERSON,
        {"SIS ID": "32", "First Name": "Del", "Last Name": "Gone", "Username": "DGone", "Status": "Inactive"} | PERSON,
    ),
    "StudentEnrollment.csv": table({"Section SIS ID": "11", "SIS ID": "31"}),
    "Teacher.csv": table({"SIS ID": "41", "First Name": "Tom", "Last Name": "Ode", "Username": "TOde"} | PERSON),
    "TeacherRoster.csv": table({"Section SIS ID": "11", "SIS ID": "41"}),
}
V2 = {
    "users.csv": table(
        {
            "sourcedId": "1",
            "username": "ann@school.example",
            "givenName": "Ann",
            "familyName": "Lee",
            "password": "",
            "email": "",
        },
        {
            "sourcedId": "2",
            "username": "pam@school.example",
            "givenName": "Pam",
            "familyName": "Lee",
            "password": "",
            "email": "p@home.example",
        },
        {
            "sourcedId": "3",
            "username": "tom",
            "givenName": "Tom",
            "familyName": "Ode",
            "password": "",
            "email": "tom@school.example",
        },
    ),
    "roles.csv": table(
        {
            "userSourcedId": "1",
            "orgSourcedId": "o1",
            "role": "student",
            "sessionSourcedId": "SY26",
            "grade": "10",
            "isPrimary": "TRUE",
        },
        {
            "userSourcedId": "3",
            "orgSourcedId": "o1",
            "role": "teacher",
            "roleEndDate": "2027-02-28",
            "isPrimary": "TRUE",
        },
        {"userSourcedId": "3", "orgSourcedId": "o1", "role": "staff", "isPrimary": ""},
    ),
    "orgs.csv": table({"sourcedId": "o1", "name": "North", "type": "school"}),
    "academicSessions.csv": table({"sourcedId": "SY26", "title": "School Year", "endDate": "2027-06-30"}),
    "classes.csv": table({"sourcedId": "c1", "title": "Biology", "sessionSourcedIds": "SY26"}),
    "enrollments.csv": table({"classSourcedId": "c1", "userSourcedId": "1", "role": "student"}),
}
WITH_MAP = {"email": "{Username}@school.example"}


def test_version_1_is_read_from_its_six_files(tmp_path: Path) -> None:
    found = read(write(tmp_path, V1), map=WITH_MAP)
    assert [*found.members] == ["oklein@school.example", "tode@school.example"]
    assert found.members["oklein@school.example"][1:5] == ("Ora", "Klein", "31", "student")
    assert found.tags("oklein@school.example") == {
        "class:Algebra 1": "2027-06-30",
        "grade:9": "",
        "org:Contoso High": "",
        "role:student": "",
        "term:Year 26": "2027-06-30",
    }
    assert str(found.members["tode@school.example"].origin) == "sis/Teacher.csv:2"
    assert [notice.message for notice in found.found] == ["1 row is no member: 1 inactive."]


def test_version_1_without_e_mails_says_which_line_to_write_and_shows_no_password(tmp_path: Path) -> None:
    tom = (
        {"SIS ID": "41", "First Name": "Tom", "Last Name": "Ode", "Username": "TOde"} | PERSON | {"Password": "sesame"}
    )
    found = read(write(tmp_path, V1 | {"Teacher.csv": table(tom)}))
    assert {*found.codes} == {"missing-value", "left-out", "password-in-roster"}
    assert any('map: {email: "{Username}@school.example"}' in one.help for one in found.found)
    assert "sesame" not in str(found.found)


def test_a_teacher_who_is_a_student_too_is_one_member(tmp_path: Path) -> None:
    both = {"SIS ID": "31", "First Name": "Ora", "Last Name": "Klein", "Username": "OKlein"} | PERSON
    found = read(write(tmp_path, V1 | {"Teacher.csv": table(both)}), map=WITH_MAP)
    assert {"role:student", "role:teacher"} <= found.tags("oklein@school.example").keys()


def test_version_2_1_takes_user_names_that_are_e_mails_and_only_people_with_a_role(tmp_path: Path) -> None:
    found = read(write(tmp_path, V2))
    assert [*found.members] == ["ann@school.example", "tom@school.example"]
    assert found.tags("ann@school.example") == {
        "class:Biology": "2027-06-30",
        "grade:10": "2027-06-30",
        "org:North": "2027-06-30",
        "role:student": "2027-06-30",
        "term:SY26": "2027-06-30",
    }
    tom = found.tags("tom@school.example")
    assert tom == {"org:North": "", "role:staff": "", "role:teacher": "2027-02-28"}
    assert found.members["tom@school.example"].role == "teacher"
    assert [notice.message for notice in found.found] == ["1 row is no member: 1 no role."]
