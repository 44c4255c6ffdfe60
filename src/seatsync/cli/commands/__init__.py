"""One module per command, or a folder if it has several parts. ``cli.main`` imports a module when its command is called."""
