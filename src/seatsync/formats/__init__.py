"""The files seatsync reads and writes, as pydantic models; ``schemas/`` is generated from them."""
