"""Echomate on one machine: both Redis servers, an emulator of AWS, and Echomate's own processes."""
