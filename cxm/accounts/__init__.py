"""People and programs who work with the suite: users, roles, invitations, API keys."""
