"""The commands that read and write a vendor's portal's files."""
