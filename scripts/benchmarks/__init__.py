"""Speed beside other packages, measured in the same run."""
