"""Only the institutions that a change is about: ``--changed-since``."""
