"""The training of players and of classifiers: options, the run's lifecycle, the report."""
