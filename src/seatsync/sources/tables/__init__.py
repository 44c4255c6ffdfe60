"""A file as a table of cells: a header with the columns' names, and the rows below it."""
