"""The edition: what each clause needs, and all of it as data."""
