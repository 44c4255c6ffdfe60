"""How an institution's pages and letters look: its colour and its logo."""
