"""torch's names for what the engine does: functions, and in `methods` what a tensor can do."""

from gradspec_reference.names import arguments, factories, likeness, random, spaced

for family in (factories, likeness, random, spaced):
    arguments.put_doors(family)
