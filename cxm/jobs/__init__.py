"""Long work: a row with a state, claimed by workers, resumable after a crash, with progress that people can watch."""
