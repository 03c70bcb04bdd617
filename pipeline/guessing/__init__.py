"""What a first config for some data may be: guesses, each with the figures that speak for it."""
