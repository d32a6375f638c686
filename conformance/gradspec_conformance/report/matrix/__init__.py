"""Many engines side by side: what the reports of their runs say, as a page and as Markdown."""
