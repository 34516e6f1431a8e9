"""What the company decides: its section of `spendready.yml`, and loading it into the warehouse."""
