"""A network at work.

`blocks` cuts a batch, `example_block` and `neuron_block` hold the memory of a piece of it, `engine`
runs batches on threads, `lsnn` is the network of the README with `forward` and `backward`,
`thresholds` follows what was adapted along spikes.
"""
