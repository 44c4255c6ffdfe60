"""The lines of full libraries, as the ledger has them."""

from seatsync.ledger.queries.line.places import Line, Turn, line_lengths, lines, number_of, places, turn

__all__ = ["Line", "Turn", "line_lengths", "lines", "number_of", "places", "turn"]
