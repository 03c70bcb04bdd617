"""Parts of images that are hidden and told."""
