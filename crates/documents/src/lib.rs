//! Edge: readers and writers of foreign document formats; linked into the guest only.
