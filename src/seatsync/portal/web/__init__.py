"""What all pages share: settings, limits, logs, languages, errors, connections."""
