//! Every limit of this module, with the reason for its size.

/// Entries of one shared folder. 5 million statx take about ten seconds and 600 MB.
pub(crate) const MANIFEST_ENTRIES_MAX: usize = 5_000_000;
/// Changes of one listing; more than a person could ever review.
pub(crate) const CHANGES_MAX: usize = 1_000_000;
/// Bytes of one path within a share. `PATH_MAX` (4,096) times four, so that trees that were made
/// with relative steps are still listed; the cost of opening a folder grows with its depth.
pub(crate) const PATH_BYTES_MAX: usize = 16 * 1024;
/// Bytes that one `openat2` is given; the rest is opened from there.
pub(crate) const PATH_CHUNK_BYTES: usize = 4_000;
/// A file larger than this is not applied. A disk image may be larger; nothing else is.
pub(crate) const FILE_BYTES_MAX: u64 = 64 << 30;
/// Bytes of holes in one file. They cost no disk to make, but time to hash.
pub(crate) const HOLE_BYTES_MAX: u64 = 8 << 30;
/// Bytes of holes in all files of one listing.
pub(crate) const HOLE_BYTES_TOTAL_MAX: u64 = 32 << 30;
/// Threads that hash; more would only wait for the disk.
pub(crate) const HASH_THREADS_MAX: usize = 4;
/// Bytes read at once.
pub(crate) const READ_BYTES: usize = 256 * 1024;
/// Items whose intents are written, acted on and made durable together. What is under way at a
/// kill is looked at one by one, so the size costs nothing but memory.
pub(crate) const BATCH_ITEMS: usize = 4_096;
/// Files with content held open, unnamed, in one batch; below the usual limit of 1,024 descriptors.
pub(crate) const BATCH_FILES: usize = 128;
/// Bytes of new content in one batch; bounds what a crash makes us write again.
pub(crate) const BATCH_BYTES: u64 = 256 << 20;
/// Up to this many folders are made durable one by one; above it the filesystem is synced whole,
/// which waits for what every other program wrote too.
pub(crate) const FSYNC_EACH_MAX: usize = 1_024;
/// `name.legwork-ID`, `name.legwork-ID-2` … tried until one is free.
pub(crate) const BESIDE_TRIES_MAX: u32 = 1_000;
/// `openat2` answers EAGAIN when a rename races with it.
pub(crate) const OPEN_TRIES_MAX: u32 = 128;
/// Bytes of one journal record.
pub(crate) const RECORD_BYTES_MAX: usize = 256 * 1024;
/// Bytes of an apply's id.
pub(crate) const ID_BYTES_MAX: usize = 64;
/// Bytes of a name in a folder; the same on every Linux filesystem.
pub(crate) const NAME_BYTES_MAX: usize = 255;
/// Bytes of all extended attributes of one kept version.
pub(crate) const XATTR_BYTES_MAX: usize = 64 * 1024;
