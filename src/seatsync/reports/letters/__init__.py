"""All letters of an institution as one page, for whoever looks after its wording."""
