"""The members' pages: claim a seat, decline it, see one's licenses."""
