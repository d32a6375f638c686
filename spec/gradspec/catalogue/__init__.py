"""The operators: what each is called, and how it is called."""
