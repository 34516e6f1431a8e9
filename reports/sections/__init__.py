"""The document's sections, in its order: each takes the review and gives what ReportLab sets, or nothing."""
