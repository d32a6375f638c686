"""Tests in languages in which nothing can be evaluated: written from a book, and their results."""
