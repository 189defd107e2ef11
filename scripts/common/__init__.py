"""What several commands share: the command line, run folders, tables, plots."""
