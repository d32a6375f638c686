"""Adapters: each translates the engine port into the words of one engine, about a page each."""
