"""Reading an org into evidence and into the schema `raw`."""
