"""Clever: students.csv, teachers.csv and staff.csv of an SFTP sync. A student has a row for each contact."""

from __future__ import annotations

from seatsync.sources.rosters.formats.format import Format


def _file(role: str, id: str, email: str, of: str) -> Format:
    return Format(
        "clever",
        f"Clever's {of}",
        needs=(("School_id", id, "First_name", "Last_name"),),
        fields={"email": (email,), "student_id": (id,), "role": ("Role", "Title"), "org": ("School_id",)},
        never=("Contact_email", "Contact_sis_id"),
        tags_from={"role": (role,), "grade": ("{Grade}",), "org": ("{School_id}",)},
        repeats=True,
        quiet=True,
    )


FORMATS = (
    _file("student", "Student_id", "Student_email", "students.csv"),
    _file("teacher", "Teacher_id", "Teacher_email", "teachers.csv"),
    _file("staff", "Staff_id", "Staff_email", "staff.csv"),
)
