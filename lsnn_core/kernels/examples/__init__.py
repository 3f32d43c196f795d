"""Networks whose vectors hold one neuron in neighbouring examples of a batch."""
