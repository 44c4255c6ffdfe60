"""Institutions as a whole: who administers them, whether they have ended, and giving them another id."""
