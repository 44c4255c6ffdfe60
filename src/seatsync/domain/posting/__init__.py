"""Post events to a snapshot: the one place where an event changes the state.

An apply posts its events here and then writes the changed rows; ``verify`` replays the journal here. So the tables always
equal the replay, and nothing illegal is ever posted.
"""

from seatsync.domain.posting.alike import Alike
from seatsync.domain.posting.check import duplicate_name, overfull
from seatsync.domain.posting.post import post

__all__ = ["Alike", "duplicate_name", "overfull", "post"]
