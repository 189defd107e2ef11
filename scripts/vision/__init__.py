"""Pictures: reading, augmenting and classifying them."""
