"""One module a command; a folder where a command has several parts. ``cli.main`` imports each when it is called."""
