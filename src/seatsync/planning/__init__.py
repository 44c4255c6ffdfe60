"""Deciding: desired state + snapshot + today → changes. Pure: nothing is read, nothing is written."""
