"""Doors of accounts, by noun."""
