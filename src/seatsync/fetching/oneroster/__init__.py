"""OneRoster's REST services 1.1 and 1.2, read into a set of CSV files of the same version."""
