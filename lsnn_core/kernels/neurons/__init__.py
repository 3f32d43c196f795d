"""Networks whose vectors hold neighbouring neurons of one example."""
