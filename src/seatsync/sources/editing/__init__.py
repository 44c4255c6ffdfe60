"""Change files in place: text in, text and changed lines out. Whatever an edit does not mean stays byte for byte."""
