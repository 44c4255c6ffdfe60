"""The hosts of code: their pull requests, and the comment that seatsync keeps on one."""
