"""Parts of several commands: command lines, run folders, tables, plots, videos."""

import logging

# Where Matplotlib cannot keep its cache of fonts, which only takes a second to make, it would print two lines.
logging.getLogger("matplotlib").setLevel(logging.ERROR)
