"""Warnings and notices about a plan, by what they are about."""
