"""What tasks share that learn which inputs belong together."""
