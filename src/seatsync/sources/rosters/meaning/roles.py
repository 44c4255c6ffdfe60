"""Roles that make nobody a member, in whatever file they stand."""

from __future__ import annotations

FAMILY = (
    *(
        "guardian",
        "parent/guardian",
        "parent",
        "relative",
        "observer",
        "emergencyContact",
        "contact",
        "family",
        "child",
        "doctor",
    ),
    *("mother", "father", "grandparent", "stepparent", "aunt", "uncle", "sibling", "ObserverEnrollment"),
)
"""Roles of people who are there because of somebody else. They are members only if ``take: roles`` names them."""
