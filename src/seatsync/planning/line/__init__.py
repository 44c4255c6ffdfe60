"""The lines of full libraries: who gets a free seat, who waits, and how a plan draws it."""

from seatsync.planning.line.drawing import DRAWN, DrawnLine, Place, drawn_lines
from seatsync.planning.line.seating import seat_in_turn

__all__ = ["DRAWN", "DrawnLine", "Place", "drawn_lines", "seat_in_turn"]
