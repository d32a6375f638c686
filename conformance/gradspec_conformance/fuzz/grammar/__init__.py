"""What random programs are made of: a row an act, read off the tables, or the reason why not."""
