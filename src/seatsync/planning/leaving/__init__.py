"""Members whom no roster has any more: how long they keep their temporary seats, and when they are removed."""
