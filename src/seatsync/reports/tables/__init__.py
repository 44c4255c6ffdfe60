"""Tables of text: columns that fit a width, or blocks below it."""
