"""What a task is: examples as input spikes, a loss on the readout, the contract."""
