"""Lists that add tags to members of other rosters, and make nobody a member."""
