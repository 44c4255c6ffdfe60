"""Plans as GitHub Markdown for a pull request."""
