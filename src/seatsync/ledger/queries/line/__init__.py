"""The lines of full libraries, as the ledger has them."""

from seatsync.ledger.queries.line.places import Turn, line_lengths, number_of, places, turn

__all__ = ["Turn", "line_lengths", "number_of", "places", "turn"]
