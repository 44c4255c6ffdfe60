"""Reports: one view of a plan and a renderer for each format. Each renderer escapes for its own medium."""
