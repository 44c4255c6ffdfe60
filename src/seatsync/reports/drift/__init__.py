"""Where a vendor's portal differs from the ledger, as text, JSON and Markdown."""
