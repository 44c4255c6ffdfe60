"""The revisions of the tables. This module imports nothing, because the plan of an unchanged folder needs it."""

REVISIONS = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0013",
    "0014",
    "0015",
    "0016",
    "0017",
    "0018",
    "0019",
    "0020",
    "0021",
    "0022",
    "0023",
    "0026",
)
"""The migrations, oldest first. A ledger with any other revision was written by a newer seatsync."""
