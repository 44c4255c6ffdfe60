"""What every report shows of a plan, in words: the one view that all renderers share."""
