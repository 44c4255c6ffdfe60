"""Mutation testing: change the program in one place at a time; a test must fail."""
