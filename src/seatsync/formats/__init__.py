"""The files that seatsync reads and writes, as pydantic models. ``schemas/`` is generated from them."""
