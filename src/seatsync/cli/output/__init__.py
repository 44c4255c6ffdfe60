"""Printing and writing the output of commands."""
