"""Do the tests notice when a rule is broken? Each predicate of the models that decide is broken, one at a time.

`make mutation` runs it; pytest does not collect it.

- `mutants`: a model's compiled SQL, broken in every way that sqlglot's tree allows.
- `unit_tests`: the models' own unit tests, as dbt compiled them, over a mutant's SQL.
- `orgs`: the orgs that tests built, with a mutant's rows in place of the model's.
- `suite`: the tests of `make test`, run again on what a mutant made.
- `equivalent.yml`: the mutants that no test can kill, each with its reason.
"""
