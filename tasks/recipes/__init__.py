"""The recipes that `lsnn train` knows by name, one TOML file each."""
