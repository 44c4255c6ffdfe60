"""Read an institution's files. Every mistake becomes a diagnostic with its place, and one run finds them all."""
