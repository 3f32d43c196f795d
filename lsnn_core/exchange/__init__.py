"""Networks from and to other programs; `EXCHANGE.md` says what each of them means by its words."""
