"""Files that are encrypted in Git, with age or SOPS."""
