"""Run Git so that nothing in a proposal's files can control it."""
