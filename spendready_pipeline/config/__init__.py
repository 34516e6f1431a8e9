"""Reading `spendready.yml`: YAML with its lines, the base of sections, variables of the environment."""
