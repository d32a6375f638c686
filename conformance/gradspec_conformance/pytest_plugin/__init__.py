"""The pytest plugin: an item a clause."""
