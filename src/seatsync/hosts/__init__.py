"""Code hosts: pull requests, and the comment that seatsync keeps on them."""
