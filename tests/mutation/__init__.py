"""Mutation testing: the program is changed at one place at a time, and a test must fail."""
