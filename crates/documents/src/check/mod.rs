//! Checks finished work against its sources.
