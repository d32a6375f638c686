"""Plants in custom functions: calls, contexts, gradients, results, rules, tangents and writes."""
