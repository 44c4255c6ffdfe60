"""The state of institutions as one page: seats over time and ahead, invitations, what waits."""
