"""The operators: what each is called, how, what it computes, where, and how smooth it is."""
