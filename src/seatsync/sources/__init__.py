"""Reading the files of an institution: every mistake becomes a diagnostic with its place, and all are found."""
