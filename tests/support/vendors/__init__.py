"""The vendors' portals, simulated for tests, and the person who works in them.

``logos`` and ``jamworks`` are written from the vendors' own help pages alone. They import nothing of seatsync. Where the help pages
are silent, a comment beginning "Silent:" says what is assumed.
"""
