"""How a derivative is held to finite differences; start at `comparison`.

`numerical` moves an input and looks; `analytical` asks the engine; `comparison` puts Jacobian
beside Jacobian, `projection` number beside number; `demands` has what else a derivative owes.
"""
