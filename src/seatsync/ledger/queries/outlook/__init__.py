"""An institution's seats over time: how many were used each day, which end, and how far the invitations have come."""
