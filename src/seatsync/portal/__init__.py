"""The pages of ``seatsync serve``, for members and administrators. Needs the extra ``seatsync[portal]``."""
