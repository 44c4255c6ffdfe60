"""The words of the field and their rules. Standard library only; no clock, file, environment or database."""
