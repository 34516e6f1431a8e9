"""The catalog: Salesforce objects, finding types and powerful permissions, each fact once."""
