"""Do the tests notice when a rule is broken? Each predicate of the models that decide is broken, one at a time.

`make mutation` runs it; pytest does not collect it.

- `mutants`: a model's compiled SQL, broken in every way that sqlglot's tree allows.
- `unit_tests`: the models' own unit tests, as dbt compiled them, over a mutant's SQL.
- `orgs`: the planted orgs, with a mutant's rows in place of the model's.
- `suite`: what `make test` asserts of the models, asked of each mutant.
- `equivalent.yml`: the mutants that no test can kill, each with its reason.
"""
