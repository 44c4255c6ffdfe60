"""The pages of ``seatsync serve``: for members who claim their seats, and for administrators who look. Extra: ``seatsync[portal]``."""
