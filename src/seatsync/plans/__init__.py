"""Files + ledger → a judged plan, by the shortest way that gives the same."""
