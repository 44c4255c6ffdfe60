"""Run the coming days ahead: each day's plan is made and applied in memory, by the rules that will make and apply it then."""
