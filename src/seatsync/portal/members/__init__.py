"""The members' pages: claim, decline, and what is theirs."""
