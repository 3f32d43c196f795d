"""What `lsnn bench --peers` runs in other interpreters, one framework a module."""
