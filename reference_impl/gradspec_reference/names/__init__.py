"""torch's names for what the engine does: functions, and in `methods` what a tensor can do."""

from gradspec_reference.names import arguments, factories, random

arguments.put_doors(factories)
arguments.put_doors(random)
