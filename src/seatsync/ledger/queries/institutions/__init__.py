"""Institutions as a whole: who administers them, and giving them another id."""
