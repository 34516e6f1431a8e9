"""Comparisons of two ways of doing the same work, on one machine."""
