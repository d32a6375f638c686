"""Random programs: a subject and an oracle go through each in lockstep, and all is compared.

A program is a list of the steps that clauses record; a function of the caller in it is the one body
that says what it does, at each call.  `grammar` draws programs, `sides` perform them, `comparing`
says what differs, `shrinking` leaves the steps without which nothing would, `causes` groups what is
left, and `campaign` does this block by block.
"""
