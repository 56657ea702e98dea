"""What people type into pages of accounts, turned into plain values."""
