"""`make finding` writes the files of a new finding type from the templates in this folder."""
