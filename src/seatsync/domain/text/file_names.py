"""How the names of the files end that seatsync reads, in lower case."""

from __future__ import annotations

WORKBOOKS = (".xlsx", ".ods")

TABLES = (".csv", ".tsv", ".tab", ".txt", ".text", ".xls", *WORKBOOKS)
"""Files that are read as tables. Some programs name a text with tabs .xls; a real .xls is told."""

YAML = (".yaml", ".yml")

ROSTERS = (*TABLES, *YAML, ".zip")

INPUTS = (*ROSTERS, ".jinja", ".age")
"""Everything that a plan can be made from: rosters and lists, letters, and encrypted files."""
