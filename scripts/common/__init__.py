"""Parts of several commands: command lines, run folders, tables, plots, videos."""
