"""The one pull request for a branch: opened, kept up to date, closed."""
