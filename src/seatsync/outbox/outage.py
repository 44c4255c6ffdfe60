"""Waiting for a server that is away: with growing pauses, told once when it goes and once when it is back."""

from __future__ import annotations

from collections.abc import Callable

from seatsync.domain.failure import Failure


class Outage:
    """The outage of one server, if there is one.

    Attributes:
        first: seconds until the first new try; each later pause is twice as long.
        longest: the longest pause in seconds.
        went: called with the failure that begins an outage.
        came_back: called when it is over.
    """

    def __init__(
        self, first: float, longest: float, went: Callable[[Failure], None], came_back: Callable[[], None]
    ) -> None:
        self.first, self.longest = first, longest
        self.went, self.came_back = went, came_back
        self._last = 0.0

    @property
    def is_on(self) -> bool:
        return self._last > 0

    def pause(self, failure: Failure) -> float:
        """Return how many seconds to wait until the next try."""
        if not self._last:
            self.went(failure)
        self._last = min(2 * self._last or self.first, self.longest)
        return self._last

    def end(self) -> None:
        """Note that the server is there."""
        if self._last:
            self._last = 0.0
            self.came_back()
