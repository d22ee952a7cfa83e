//! Writes a read-only file system, "erofs" of the kernel (Documentation/filesystems/erofs.rst and
//! fs/erofs/erofs_fs.h), without compression.
//!
//! The layout: one block for the head and the root's inode, one for the root's entries, then the
//! content of files, folders and links as they come, each from the start of a block, then all
//! other inodes. An inode's number is its place, in units of 32 bytes. So what a kernel keeps of a
//! mounted file system is the same for all with the same names in their root. `mkfs.erofs` would
//! do, but it takes no name of 255 bytes (1.5), is not everywhere, and cannot say which file it
//! could not read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

pub(crate) const BLOCK: u64 = 4096;
const BLOCK_BYTES: usize = 4096;
const HEAD_AT: u64 = 1024;
const SLOT: u64 = 32;
const INODE_BYTES: u64 = 64;
/// The one extended attribute that matters: a folder hides what an overlay has below it.
const MARK_BYTES: u64 = 32;
const ENTRY_BYTES: usize = 12;

/// What is kept of an entry beside its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// Kind and permissions, as `stat` has them.
    pub(crate) mode: u32,
    pub(crate) seconds: i64,
    pub(crate) nanos: u32,
    pub(crate) size: u64,
}

#[derive(Debug)]
struct Node {
    look: Look,
    /// The folder it lies in; the root lies in itself.
    parent: usize,
    /// Of a folder, by name, which is the order that the format wants.
    children: BTreeMap<Vec<u8>, usize>,
    is_opaque: bool,
    /// First block of its content.
    block: u64,
    /// Where its inode is.
    at: u64,
}

/// A file system in the making.
#[derive(Debug)]
pub(crate) struct Writer {
    file: File,
    nodes: Vec<Node>,
    /// The next block that is free.
    block: u64,
}

pub(crate) const ROOT: usize = 0;
/// Behind the head, in its block.
const ROOT_AT: u64 = HEAD_AT + 128;
const S_IFMT: u32 = 0o170_000;
const S_IFDIR: u32 = 0o040_000;

impl Writer {
    /// Begins with a root folder. `file` is empty.
    pub(crate) fn new(file: File) -> Self {
        let look = Look { mode: S_IFDIR | 0o755, seconds: 0, nanos: 0, size: 0 };
        let root = Node { block: 1, at: ROOT_AT, ..node(look, ROOT) };
        Self { file, nodes: vec![root], block: 2 }
    }

    /// Adds an entry; the content of a file or a link is to follow. A name comes once.
    pub(crate) fn add(&mut self, parent: usize, name: &[u8], look: Look) -> usize {
        let index = self.nodes.len();
        self.nodes.push(node(look, parent));
        self.nodes[parent].children.insert(name.to_vec(), index);
        index
    }

    pub(crate) fn entries(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.block * BLOCK
    }

    pub(crate) fn mark_opaque(&mut self, folder: usize) {
        self.nodes[folder].is_opaque = true;
    }

    /// Reserves the content of a file, and returns where in the file system it is to be written.
    /// What is not written there reads as zeros.
    pub(crate) fn reserve(&mut self, index: usize) -> u64 {
        let node = &mut self.nodes[index];
        node.block = self.block;
        self.block += node.look.size.div_ceil(BLOCK);
        node.block * BLOCK
    }

    pub(crate) fn write(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, at)
    }

    /// Writes the folders, the inodes and the head. Returns the size of the file system.
    pub(crate) fn finish(mut self) -> io::Result<u64> {
        // The content of folders tells where inodes are, and they come after it.
        let folders: Vec<usize> =
            (ROOT + 1..self.nodes.len()).filter(|n| self.is_folder(*n)).collect();
        for index in folders.iter().copied() {
            self.nodes[index].look.size = self.folder(index).len() as u64;
            self.reserve(index);
        }
        let inodes = self.block * BLOCK;
        let mut at = inodes;
        for node in &mut self.nodes[ROOT + 1..] {
            let bytes = INODE_BYTES + if node.is_opaque { MARK_BYTES } else { 0 };
            // None lies across the border of a block.
            if at % BLOCK + bytes > BLOCK {
                at = at.next_multiple_of(BLOCK);
            }
            node.at = at;
            at += bytes.next_multiple_of(SLOT);
        }
        let content = self.folder(ROOT);
        if content.len() > BLOCK_BYTES {
            return Err(io::Error::other("the root has more entries than fit into its block"));
        }
        self.nodes[ROOT].look.size = content.len() as u64;
        for index in std::iter::once(ROOT).chain(folders) {
            self.write(&self.folder(index), self.nodes[index].block * BLOCK)?;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(at - inodes).map_err(io::Error::other)?);
        for (index, node) in self.nodes.iter().enumerate().skip(ROOT + 1) {
            bytes.resize(usize::try_from(node.at - inodes).map_err(io::Error::other)?, 0);
            inode(&mut bytes, index, node)?;
        }
        self.write(&bytes, inodes)?;
        let blocks = at.div_ceil(BLOCK);
        let mut first = head(self.nodes.len() as u64, blocks)?;
        inode(&mut first, ROOT, &self.nodes[ROOT])?;
        self.write(&first, HEAD_AT)?;
        self.file.set_len(blocks * BLOCK)?;
        Ok(blocks * BLOCK)
    }

    fn is_folder(&self, index: usize) -> bool {
        self.nodes[index].look.mode & S_IFMT == S_IFDIR
    }

    /// The blocks of a folder: in each, its entries first and their names after them.
    fn folder(&self, index: usize) -> Vec<u8> {
        let node = &self.nodes[index];
        let mut entries: Vec<(&[u8], usize)> = vec![(b".", index), (b"..", node.parent)];
        entries.extend(node.children.iter().map(|(name, child)| (name.as_slice(), *child)));
        entries.sort();
        let mut content = Vec::new();
        let mut rest = entries.as_slice();
        while !rest.is_empty() {
            let mut used = 0;
            let fitting = rest.iter().take_while(|(name, _)| {
                used += ENTRY_BYTES + name.len();
                used <= BLOCK_BYTES
            });
            let (now, later) = rest.split_at(fitting.count());
            content.resize(content.len().next_multiple_of(BLOCK_BYTES), 0);
            let mut names = Vec::new();
            for (name, child) in now {
                let place = now.len() * ENTRY_BYTES + names.len();
                let child = &self.nodes[*child];
                content.extend((child.at / SLOT).to_le_bytes());
                content.extend(u16::try_from(place).unwrap_or(0).to_le_bytes());
                content.extend([kind(child.look.mode), 0]);
                names.extend_from_slice(name);
            }
            content.extend(names);
            rest = later;
        }
        content
    }
}

fn node(look: Look, parent: usize) -> Node {
    Node { look, parent, children: BTreeMap::new(), is_opaque: false, block: 0, at: 0 }
}

/// As `readdir` tells it.
fn kind(mode: u32) -> u8 {
    match mode & S_IFMT {
        0o100_000 => 1,
        S_IFDIR => 2,
        0o020_000 => 3,
        0o060_000 => 4,
        0o010_000 => 5,
        0o140_000 => 6,
        0o120_000 => 7,
        _ => 0,
    }
}

fn inode(out: &mut Vec<u8>, index: usize, node: &Node) -> io::Result<()> {
    let look = &node.look;
    let word = |value: u64| u32::try_from(value).map_err(io::Error::other);
    let folders = node.children.len() as u64; // An upper bound of them is as good as their count.
    // The larger form, its content in whole blocks.
    out.extend(1_u16.to_le_bytes());
    let marks: u16 = if node.is_opaque { 6 } else { 0 };
    out.extend(marks.to_le_bytes());
    out.extend(u16::try_from(look.mode & 0xffff).map_err(io::Error::other)?.to_le_bytes());
    out.extend([0; 2]);
    out.extend(look.size.to_le_bytes());
    let is_device = matches!(kind(look.mode), 3..=6);
    out.extend(if is_device { 0 } else { word(node.block)? }.to_le_bytes());
    out.extend(word(index as u64 + 1)?.to_le_bytes());
    out.extend([0; 8]); // Owner and group: the machine's administrator.
    out.extend(look.seconds.to_le_bytes());
    out.extend(look.nanos.to_le_bytes());
    let links = if kind(look.mode) == 2 { 2 + word(folders)? } else { 1 };
    out.extend(links.to_le_bytes());
    out.extend([0; 16]);
    if node.is_opaque {
        out.extend([0; 12]);
        out.extend([14, 1, 1, 0]); // Length of the name, "user.", length of the value.
        out.extend(b"overlay.opaquey\0");
    }
    Ok(())
}

fn head(inodes: u64, blocks: u64) -> io::Result<Vec<u8>> {
    let word = |value: u64| u32::try_from(value).map_err(io::Error::other);
    let mut out = Vec::with_capacity(128);
    out.extend(0xE0F5_E1E2_u32.to_le_bytes());
    out.extend([0; 8]); // No checksum, no features.
    out.extend([12, 0]); // Size of a block as a power of two.
    out.extend(u16::try_from(ROOT_AT / SLOT).map_err(io::Error::other)?.to_le_bytes());
    out.extend(inodes.to_le_bytes());
    out.extend([0; 12]); // When it was made.
    out.extend(word(blocks)?.to_le_bytes());
    out.resize(128, 0); // Inodes are counted from the start.
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::{Look, ROOT, Writer};
    use std::fs::File;
    use std::process::Command;

    #[test]
    fn the_makers_own_checker_finds_it_whole_and_unpacks_it() {
        if !std::path::Path::new("/usr/bin/fsck.erofs").exists() {
            return;
        }
        let dir = tempfile::tempdir().expect("room");
        let path = dir.path().join("disk");
        let mut writer = Writer::new(File::create_new(&path).expect("room"));
        let look = |mode, size| Look { mode, seconds: 1_700_000_000, nanos: 5, size };
        let folder = writer.add(ROOT, b"folder", look(0o040_755, 0));
        // Enough for several blocks of a folder, and of inodes.
        for number in 0..700 {
            let name = format!("{number:x<200}");
            let file = writer.add(folder, name.as_bytes(), look(0o100_644, 5));
            let place = writer.reserve(file);
            writer.write(b"hello", place).expect("room");
            if number % 7 == 0 {
                writer.add(folder, format!("f{number}").as_bytes(), look(0o040_700, 0));
                writer.mark_opaque(writer.entries() - 1);
            }
        }
        let link = writer.add(ROOT, &[b'n'; 255], look(0o120_777, 3));
        let place = writer.reserve(link);
        writer.write(b"a/b", place).expect("room");
        writer.add(ROOT, b"gone", look(0o020_000, 0));
        writer.finish().expect("room");
        let out = dir.path().join("out");
        #[expect(clippy::disallowed_methods, reason = "the judge is a program of the makers")]
        let checked = Command::new("fsck.erofs")
            .arg(format!("--extract={}", out.display()))
            .arg(&path)
            .output()
            .expect("it is there");
        assert!(checked.status.success(), "{checked:?}");
        assert_eq!(std::fs::read_dir(out.join("folder")).expect("unpacked").count(), 800);
        let name = format!("{:x<200}", 699);
        assert_eq!(std::fs::read(out.join("folder").join(name)).expect("unpacked"), b"hello");
    }
}
