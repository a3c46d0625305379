"""What `efuda doctor` looks at: the machine, and the project if there is one."""
