"""What a portal answers where it does not do what was asked."""

from __future__ import annotations


class Rejected(Exception):
    """A portal's error message. Nothing has changed in the portal."""
