"""The work list as files and as a check list for the person who works in a vendor's portal."""
