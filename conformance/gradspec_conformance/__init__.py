"""Hold an engine to the specification: `check_engine(engine)` in process, `gradspec run` outside."""
