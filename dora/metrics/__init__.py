"""Derived frames in, one number a row out: one pure function a metric."""
