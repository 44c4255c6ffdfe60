# What the comment on a pull request asks for, as outputs of the step.
seatsync asked | tee -a "$OUTPUT"
code=$?
