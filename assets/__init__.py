"""Dagster's definitions folder: one module a stage of the flow, in the flow's words.

Modules here are thin: they call the program, record metadata and hold no logic of their own.
"""
