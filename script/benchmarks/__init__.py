"""The benchmarks, one module each; `frame` says what such a module holds."""
