"""What both corpora of speech share: SPHERE audio, spectral features, phones and labels."""
