"""Plants in custom functions: calls, contexts, gradients, results, rules and writes."""
