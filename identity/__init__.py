"""People and their rights: sign-in, tokens, devices."""
