"""The languages of the pages. English texts are in the code, each other language has a catalog in ``translations``."""

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""Each language's own name, by its tag."""
