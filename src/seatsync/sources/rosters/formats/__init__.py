"""One file for each format that a program writes its list of people in: data about its columns, words and tags."""
