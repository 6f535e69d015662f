"""The recipe of the shipped reader: data -> mixture -> features -> training -> export.

Nothing here is imported when a question is asked; `python -m qa.training --help` runs it.
"""
