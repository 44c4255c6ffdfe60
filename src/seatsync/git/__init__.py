"""Asking Git, so that nothing that a proposal brings is obeyed."""
