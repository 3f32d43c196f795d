"""One function a panel; each draws on the axes it is given and returns what it drew."""
