"""Tests of the year run ahead."""
