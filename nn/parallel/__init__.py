"""Training one network on several processes or threads."""
