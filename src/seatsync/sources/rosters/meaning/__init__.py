"""What a column of a roster means by its name, and what its values say of who is a member."""
