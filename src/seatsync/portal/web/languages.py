"""The languages that the pages speak; each has its catalog in ``translations``, but English, which stands in the code."""

LANGUAGES = {"en": "English", "de": "Deutsch"}
"""By its tag: each in its own words."""
