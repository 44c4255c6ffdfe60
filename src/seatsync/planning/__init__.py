"""Work out the changes: desired state + snapshot + today → changes. Pure: reads and writes nothing."""
