"""Files that are encrypted in Git, with age or by SOPS."""
