"""What all pages share: settings, rate limits, logs, languages, error pages, connections."""
