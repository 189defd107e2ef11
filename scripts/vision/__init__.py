"""Images: data sets, augmentation, classifiers and their predictions."""
