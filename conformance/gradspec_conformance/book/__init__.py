"""The book: the specification as pages to read, search and step through; start at `site`."""
