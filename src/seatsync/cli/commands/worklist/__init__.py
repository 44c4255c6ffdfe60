"""``seatsync worklist``: what a person still has to do in a vendor's portal."""
