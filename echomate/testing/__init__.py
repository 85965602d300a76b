"""What the tests of all apps stand on: real services for each pytest process, and faults on their wires."""
