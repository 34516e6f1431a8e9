"""Great Expectations suites, one module a Salesforce object: shape, identity and volume of the raw data."""
