"""Student information systems whose export has names of its own: PowerSchool, Infinite Campus, Skyward."""

from __future__ import annotations

from seatsync.sources.rosters.formats.format import Format
from seatsync.sources.rosters.meaning.presence import Presence, on

_ENROLL_STATUS = Presence(
    frozenset({"0"}),
    {
        "-2": "inactive",
        "-1": "pre-registered",
        "1": "inactive",
        "2": "transferred out",
        "3": "graduated",
        "4": "imported as historical",
    },
)

FORMATS = (
    Format(
        "powerschool",
        "PowerSchool's list of students",
        needs=(("Student_Number", "First_Name", "Last_Name", "Enroll_Status"),),
        fields={
            "email": (
                "Student_Email",
                "STUDENTCOREFIELDS.Student_Email",
                "U_STUDENTSUSERFIELDS.Student_Email",
                "Email",
            ),
            "student_id": ("Student_Number",),
            "org": ("SchoolID",),
        },
        presence={"Enroll_Status": _ENROLL_STATUS},
        tags_from={"role": ("student",), "grade": ("{Grade_Level}",), "org": ("{SchoolID}",)},
        repeats=True,
        quiet=True,
    ),
    Format(
        "infinite-campus",
        "Infinite Campus's list of students",
        needs=(("student.studentNumber", "student.firstName", "student.lastName"),),
        fields={
            "email": ("contacts.email", "individual.email"),
            "given_name": ("student.firstName",),
            "family_name": ("student.lastName",),
            "student_id": ("student.studentNumber",),
            "org": ("school.name", "student.calendarName"),
        },
        presence={"student.activeToday": on("not active today")},
        tags_from={"role": ("student",), "grade": ("{student.grade}",)},
        repeats=True,
        quiet=True,
    ),
    Format(
        "skyward",
        "Skyward's list of students",
        needs=(("Other ID", "Last Name", "First Name", "Entity"),),
        fields={"email": ("School Email", "Student Email"), "student_id": ("Other ID",), "org": ("Entity",)},
        presence={"Status": Presence(frozenset({"a", "active"}), {"i": "inactive", "inactive": "inactive"})},
        tags_from={"role": ("student",), "grade": ("{Grade}",), "org": ("{Entity}",)},
        repeats=True,
        quiet=True,
    ),
)
