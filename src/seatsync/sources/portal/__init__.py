"""Exports of the vendors' portals."""
