"""The project, and the floor that every app stands on."""

VERSION = "0.1.0"
