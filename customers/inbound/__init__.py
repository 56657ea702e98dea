"""Doors for programs that speak a public protocol of others."""
