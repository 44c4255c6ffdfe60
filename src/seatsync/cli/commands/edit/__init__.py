"""`seatsync edit`: small changes of the files by command."""
