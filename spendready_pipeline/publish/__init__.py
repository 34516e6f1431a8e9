"""The files that people query and work through, replaced as a whole."""
