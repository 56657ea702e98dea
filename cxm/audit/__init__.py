"""Who did what. The domain function that acts writes the entry, in its own transaction."""
