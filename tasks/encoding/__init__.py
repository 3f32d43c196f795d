"""What several tasks encode inputs with: numbers as population codes, and checks of both."""
