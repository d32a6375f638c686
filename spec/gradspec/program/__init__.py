"""What a clause did, as data: recorded, replayed, printed."""
