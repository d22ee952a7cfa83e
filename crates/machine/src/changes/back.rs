//! The steps of an undo, item by item, with the same care as an apply: what the person changed
//! since is never taken away, and after a crash the folder tells how far an item came.

use super::beneath::{self, join, split};
use super::forward::{Prepared, Ready, holds};
use super::journal::End;
use super::place::{self, Temp, copy_whole, find_beside, place_beside, rename_new};
use super::plan::{Act, Content, Item};
use super::seen::{Identity, Kind, Seen};
use super::site::{Site, Trouble};
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;
use std::os::fd::OwnedFd;

const EDITED: &str = "you changed it since, so it stays as it is";
const NOT_KEPT: &str = "its old version is no longer kept";

/// What the apply left in the folder for an item.
struct Left {
    name: Vec<u8>,
    mark: Option<Identity>,
    is_beside: bool,
}

impl Site<'_> {
    fn left(&self, index: usize) -> Left {
        let own = || split(&self.item(index).path).1.to_vec();
        match self.ends.get(index).and_then(Option::as_ref) {
            Some(End::Beside { name, mark }) => {
                Left { name: name.clone(), mark: Some(*mark), is_beside: true }
            }
            Some(End::Done { mark }) => Left { name: own(), mark: *mark, is_beside: false },
            Some(End::Already | End::Skipped { .. } | End::NotDone) | None => {
                Left { name: own(), mark: None, is_beside: false }
            }
        }
    }

    pub(crate) fn prepare_back(&mut self, index: usize) -> Result<Prepared, Trouble> {
        self.at("prepare-back", index)?;
        let brings_back = match &self.item(index).act {
            Act::Delete { .. } => true,
            Act::Replace { .. } => !self.left(index).is_beside,
            Act::FolderMode { .. }
            | Act::MakeFolder { .. }
            | Act::Move { .. }
            | Act::RemoveFolder { .. }
            | Act::Put { .. }
            | Act::FileMode { .. } => false,
        };
        if !brings_back {
            return Ok(Prepared::Go(Ready::Plain, None));
        }
        let Some(kept) = self.kept_seen(index)? else {
            return Ok(Prepared::End(End::Skipped { why: NOT_KEPT.to_owned() }));
        };
        let path = self.item(index).path.clone();
        self.make_way(index, &path)?;
        let (folder, _) = self.parent(index)?;
        if !self.is_far(&folder)? {
            return Ok(Prepared::Go(Ready::Plain, Some(kept.identity)));
        }
        self.at("copy-back", index)?;
        let temp = self.copy_back(index, &folder, &kept)?;
        let new = match temp.opened() {
            Some(file) => Seen::of(file)?,
            None => Seen::at(&folder, &self.hidden_back(index))?,
        };
        Ok(Prepared::Go(Ready::Content(temp), Some(new.identity)))
    }

    fn copy_back(&self, index: usize, folder: &OwnedFd, kept: &Seen) -> Result<Temp, Errno> {
        let (hidden, name) = (self.hidden_back(index), Self::kept_name(index));
        if kept.kind == Kind::Link {
            let target = rustix::fs::readlinkat(&self.kept, &name, Vec::new())?;
            let temp = Temp::link(folder, &hidden, target.as_bytes())?;
            place::set_times(folder, &hidden, kept.identity.modified)?;
            return Ok(temp);
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let source = rustix::fs::openat(&self.kept, &name, flags, Mode::empty())?;
        let temp = Temp::file(folder, &hidden)?;
        let filled = temp
            .opened()
            .ok_or(Errno::BADF)
            .and_then(|file| copy_whole(&source, file, self.is_root));
        if let (Err(errno), Temp::Named(_)) = (&filled, &temp) {
            place::remove(folder, &hidden)?;
            return Err(*errno);
        }
        filled.map(|()| temp)
    }

    /// Makes the folders on the way to `path` that are missing.
    fn make_way(&mut self, index: usize, path: &[u8]) -> Result<(), Trouble> {
        let parent = split(path).0.to_vec();
        if parent.is_empty() || self.host(index).look(&parent)?.is_some() {
            return Ok(());
        }
        let cuts = (0..parent.len()).filter(|&at| parent[at] == b'/').chain([parent.len()]);
        for cut in cuts {
            let (folder, name) = self.host(index).parent(&parent[..cut])?;
            match rustix::fs::mkdirat(&folder, name, Mode::from_raw_mode(0o755)) {
                Ok(()) => self.own_folder(&folder, name)?,
                Err(Errno::EXIST) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(())
    }

    pub(crate) fn act_back(
        &mut self,
        index: usize,
        ready: &Ready,
        new: Option<&Identity>,
    ) -> Result<End, Trouble> {
        self.at("act-back", index)?;
        let Item { act, .. } = self.item(index).clone();
        let left = self.left(index);
        match (act, new, left.mark) {
            (Act::Put { content, .. }, _, Some(mark)) => {
                self.take_away(index, &left.name, &mark, &content)
            }
            (Act::Replace { content, .. }, _, Some(mark)) if left.is_beside => {
                self.take_away(index, &left.name, &mark, &content)
            }
            (Act::Replace { content, .. }, Some(old), Some(mark)) => {
                self.restore_replaced(index, ready, old, &mark, &content)
            }
            (Act::Delete { .. }, Some(_), _) => {
                let (folder, name) = self.parent(index)?;
                self.place_old(index, ready, &folder, &name)
            }
            (Act::Move { from, base, .. }, _, Some(mark)) => {
                self.move_back(index, &left.name, &from, &base, &mark)
            }
            (Act::MakeFolder { .. }, ..) => self.unmake_folder(index),
            (Act::RemoveFolder { mode, .. }, ..) => self.remake_folder(index, mode),
            (Act::FolderMode { before, after }, ..) => self.mode_back(index, before, after),
            (Act::FileMode { base, after }, ..) => self.mode_back(index, base.mode, after),
            (Act::Put { .. } | Act::Replace { .. } | Act::Delete { .. } | Act::Move { .. }, ..) => {
                Err(Trouble::Errno(Errno::INVAL))
            }
        }
    }

    /// Whether what lies there is still what the apply put there.
    fn is_ours(
        &self,
        index: usize,
        path: &[u8],
        now: &Seen,
        mark: &Identity,
        content: &Content,
    ) -> bool {
        mark.is_untouched(&now.identity)
            || (mark.is_same(&now.identity) && holds(self.host(index), path, now, content))
    }

    fn sibling(&self, index: usize, name: &[u8]) -> Vec<u8> {
        join(split(&self.item(index).path).0, name)
    }

    fn take_away(
        &mut self,
        index: usize,
        name: &[u8],
        mark: &Identity,
        content: &Content,
    ) -> Result<End, Trouble> {
        let folder = match self.parent(index) {
            Err(Errno::NOENT) => return Ok(End::Done { mark: None }),
            other => other?.0,
        };
        let Some(now) = Seen::find(&folder, name)? else { return Ok(End::Done { mark: None }) };
        let path = self.sibling(index, name);
        if !self.is_ours(index, &path, &now, mark, content) {
            return Ok(End::Skipped { why: EDITED.to_owned() });
        }
        rename_new(&folder, name, &folder, &self.hidden_back(index))?;
        self.at("taken-out", index)?;
        self.settle_taken(index, &folder, name, mark)
    }

    fn settle_taken(
        &mut self,
        index: usize,
        folder: &OwnedFd,
        name: &[u8],
        mark: &Identity,
    ) -> Result<End, Trouble> {
        let hidden = self.hidden_back(index);
        if mark.is_same(&Seen::at(folder, &hidden)?.identity) {
            self.at("unlink", index)?;
            place::remove(folder, &hidden)?;
            return Ok(End::Done { mark: None });
        }
        self.put_back(index, folder, &hidden, name)?;
        Ok(End::Skipped { why: EDITED.to_owned() })
    }

    /// Gives the old version a name in the folder, if nothing has it.
    fn show_old(
        &self,
        index: usize,
        ready: &Ready,
        folder: &OwnedFd,
        name: &[u8],
    ) -> Result<(), Errno> {
        match ready {
            Ready::Content(temp) => temp.show(folder, &self.hidden_back(index), name),
            Ready::Plain => rename_new(&self.kept, &Self::kept_name(index), folder, name),
        }
    }

    /// Puts the old version in its place, or beside what the person has there.
    fn place_old(
        &mut self,
        index: usize,
        ready: &Ready,
        folder: &OwnedFd,
        name: &[u8],
    ) -> Result<End, Trouble> {
        match self.show_old(index, ready, folder, name) {
            Ok(()) => {
                self.at("placed", index)?;
                Ok(End::Done { mark: Some(Seen::at(folder, name)?.identity) })
            }
            Err(Errno::EXIST) => self.old_beside(index, ready, folder, name),
            Err(errno) => Err(errno.into()),
        }
    }

    fn old_beside(
        &mut self,
        index: usize,
        ready: &Ready,
        folder: &OwnedFd,
        name: &[u8],
    ) -> Result<End, Trouble> {
        self.at("beside", index)?;
        let place = |free: &[u8]| self.show_old(index, ready, folder, free);
        let name = place_beside(name, &self.plan.id, place)?;
        self.at("placed-beside", index)?;
        let mark = Seen::at(folder, &name)?.identity;
        Ok(End::Beside { name, mark })
    }

    fn restore_replaced(
        &mut self,
        index: usize,
        ready: &Ready,
        old: &Identity,
        mark: &Identity,
        content: &Content,
    ) -> Result<End, Trouble> {
        let (folder, name) = self.parent(index)?;
        let Some(now) = Seen::find(&folder, &name)? else {
            return self.place_old(index, ready, &folder, &name);
        };
        let path = self.item(index).path.clone();
        if !self.is_ours(index, &path, &now, mark, content) {
            return self.old_beside(index, ready, &folder, &name);
        }
        let hidden = self.hidden_back(index);
        self.show_old(index, ready, &folder, &hidden)?;
        match self
            .at("exchange", index)
            .and_then(|()| Ok(place::exchange(&folder, &hidden, &name)?))
        {
            Ok(()) => {
                self.at("exchanged", index)?;
                self.settle_restored(index, &folder, &name, old, mark)
            }
            Err(Trouble::Errno(Errno::NOENT)) => self.named_old(index, &folder, &name),
            Err(Trouble::Errno(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP)) => {
                // No exchange here: ours goes away first, then the old one comes.
                let end = self.take_away_slowly(index, &folder, &name, mark)?;
                match end {
                    true => self.named_old(index, &folder, &name),
                    false => self.named_old_beside(index, &folder, &name),
                }
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// Removes our version by way of a second hidden name. `false`: it was not ours and is back.
    fn take_away_slowly(
        &mut self,
        index: usize,
        folder: &OwnedFd,
        name: &[u8],
        mark: &Identity,
    ) -> Result<bool, Trouble> {
        let aside = self.hidden_old(index);
        rename_new(folder, name, folder, &aside)?;
        self.at("taken-out", index)?;
        if mark.is_same(&Seen::at(folder, &aside)?.identity) {
            place::remove(folder, &aside)?;
            return Ok(true);
        }
        self.put_back(index, folder, &aside, name)?;
        Ok(false)
    }

    /// The old version, which lies under the hidden name, gets its own.
    fn named_old(&mut self, index: usize, folder: &OwnedFd, name: &[u8]) -> Result<End, Trouble> {
        match rename_new(folder, &self.hidden_back(index), folder, name) {
            Ok(()) => Ok(End::Done { mark: Some(Seen::at(folder, name)?.identity) }),
            Err(Errno::EXIST) => self.named_old_beside(index, folder, name),
            Err(errno) => Err(errno.into()),
        }
    }

    fn named_old_beside(
        &mut self,
        index: usize,
        folder: &OwnedFd,
        name: &[u8],
    ) -> Result<End, Trouble> {
        self.at("beside", index)?;
        let hidden = self.hidden_back(index);
        let place = |free: &[u8]| rename_new(folder, &hidden, folder, free);
        let name = place_beside(name, &self.plan.id, place)?;
        self.at("placed-beside", index)?;
        let mark = Seen::at(folder, &name)?.identity;
        Ok(End::Beside { name, mark })
    }

    /// After an exchange: ours lies under the hidden name and goes, unless the person was faster.
    fn settle_restored(
        &mut self,
        index: usize,
        folder: &OwnedFd,
        name: &[u8],
        old: &Identity,
        mark: &Identity,
    ) -> Result<End, Trouble> {
        let hidden = self.hidden_back(index);
        if mark.is_same(&Seen::at(folder, &hidden)?.identity) {
            self.at("unlink", index)?;
            place::remove(folder, &hidden)?;
            let now = Seen::find(folder, name)?.map(|now| now.identity);
            let now = now.filter(|now| old.is_file(now)).unwrap_or(*old);
            return Ok(End::Done { mark: Some(now) });
        }
        self.at("exchange-back", index)?;
        match place::exchange(folder, &hidden, name) {
            Ok(()) => self.named_old_beside(index, folder, name),
            Err(Errno::NOENT) => {
                self.put_back(index, folder, &hidden, name)?;
                Ok(End::Skipped { why: EDITED.to_owned() })
            }
            Err(errno) => Err(errno.into()),
        }
    }

    fn move_back(
        &mut self,
        index: usize,
        name: &[u8],
        from: &[u8],
        base: &Identity,
        mark: &Identity,
    ) -> Result<End, Trouble> {
        const GONE: &str = "it is no longer where it was put";
        let folder = match self.parent(index) {
            Err(Errno::NOENT) => return Ok(End::Skipped { why: GONE.to_owned() }),
            other => other?.0,
        };
        let Some(now) = Seen::find(&folder, name)? else {
            return Ok(End::Skipped { why: GONE.to_owned() });
        };
        if !mark.is_file(&now.identity) {
            return Ok(End::Skipped { why: EDITED.to_owned() });
        }
        self.make_way(index, from)?;
        let (old_folder, old) = self.host(index).parent(from)?;
        let place = |free: &[u8]| rename_new(&folder, name, &old_folder, free);
        let (back, is_beside) = match place(old) {
            Ok(()) => (old.to_vec(), false),
            Err(Errno::EXIST) => (place_beside(old, &self.plan.id, place)?, true),
            Err(errno) => return Err(errno.into()),
        };
        self.at("moved", index)?;
        if !mark.is_file(&Seen::at(&old_folder, &back)?.identity) {
            rename_new(&old_folder, &back, &folder, name)?;
            return Ok(End::Skipped { why: EDITED.to_owned() });
        }
        let mark = self.finish_move_back(index, &old_folder, &back, base, mark)?;
        Ok(match is_beside {
            true => End::Beside { name: back, mark },
            false => End::Done { mark: Some(mark) },
        })
    }

    fn finish_move_back(
        &mut self,
        index: usize,
        folder: &OwnedFd,
        name: &[u8],
        base: &Identity,
        mark: &Identity,
    ) -> Result<Identity, Trouble> {
        let now = Seen::at(folder, name)?.identity;
        if now.mode == mark.mode && mark.mode != base.mode {
            self.at("set-mode", index)?;
            beneath::set_mode(&beneath::handle(folder, name)?, base.mode)?;
        }
        Ok(Seen::at(folder, name)?.identity)
    }

    fn unmake_folder(&mut self, index: usize) -> Result<End, Trouble> {
        let (folder, name) = match self.parent(index) {
            Err(Errno::NOENT) => return Ok(End::Done { mark: None }),
            other => other?,
        };
        match rustix::fs::unlinkat(&folder, &name, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(Errno::NOTEMPTY | Errno::EXIST) => {
                let why = "it holds files that are not from this task, so it stays";
                return Err(Trouble::Why(why.to_owned()));
            }
            Err(Errno::NOTDIR) => return Err(Trouble::Why(EDITED.to_owned())),
            Err(errno) => return Err(errno.into()),
        }
        self.at("removed-folder", index)?;
        Ok(End::Done { mark: None })
    }

    /// Its own permissions and time come last, when everything is back in it.
    fn remake_folder(&mut self, index: usize, mode: u32) -> Result<End, Trouble> {
        let path = self.item(index).path.clone();
        self.make_way(index, &path)?;
        let (folder, name) = self.parent(index)?;
        match rustix::fs::mkdirat(&folder, &name, Mode::from_raw_mode(mode & 0o777 | 0o700)) {
            Ok(()) => {}
            Err(Errno::EXIST) if Seen::at(&folder, &name)?.kind == Kind::Folder => {}
            Err(Errno::EXIST) => {
                return Err(Trouble::Why("something else has its name now".to_owned()));
            }
            Err(errno) => return Err(errno.into()),
        }
        self.at("made-folder", index)?;
        Ok(End::Done { mark: None })
    }

    fn mode_back(&mut self, index: usize, before: u32, after: u32) -> Result<End, Trouble> {
        let (folder, name) = self.parent(index)?;
        let handle = beneath::handle(&folder, &name)?;
        let seen = Seen::of(&handle)?;
        let now = seen.identity.mode & 0o777;
        if now != after & 0o777 || !matches!(seen.kind, Kind::File | Kind::Folder) {
            return Ok(End::Skipped { why: EDITED.to_owned() });
        }
        let special = if seen.kind == Kind::Folder { seen.identity.mode } else { before } & 0o7000;
        beneath::set_mode(&handle, (before & 0o777) | special)?;
        self.at("set-mode", index)?;
        let mark = (seen.kind == Kind::File).then_some(Seen::of(&handle)?.identity);
        Ok(End::Done { mark })
    }

    /// As `recover`, for an undo.
    pub(crate) fn recover_back(
        &mut self,
        index: usize,
        new: Option<&Identity>,
    ) -> Result<Option<End>, Trouble> {
        self.at("recover", index)?;
        let Item { act, path, .. } = self.item(index).clone();
        let left = self.left(index);
        let done = || Ok(Some(End::Done { mark: None }));
        let (folder, name) = match self.parent(index) {
            Ok(parent) => parent,
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::XDEV) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
        let now = Seen::find(&folder, &name)?;
        match (act, new, left.mark) {
            (Act::Move { from, base, .. }, _, Some(mark)) => {
                let (folder, old) = match self.host(index).parent(&from) {
                    Err(Errno::NOENT) => return Ok(None),
                    other => other?,
                };
                let back = Seen::find(&folder, old)?;
                if back.is_some_and(|back| back.identity.inode == mark.inode) {
                    let mark = self.finish_move_back(index, &folder, old, &base, &mark)?;
                    return Ok(Some(End::Done { mark: Some(mark) }));
                }
                let beside = find_beside(&folder, old, &self.plan.id, &mark)?;
                Ok(beside.map(|(name, mark)| End::Beside { name, mark }))
            }
            (Act::Put { .. }, _, Some(mark)) => {
                self.recover_taken(index, &folder, &left.name, &mark)
            }
            (Act::Replace { .. }, _, Some(mark)) if left.is_beside => {
                self.recover_taken(index, &folder, &left.name, &mark)
            }
            (Act::Replace { .. }, Some(old), Some(mark)) => {
                self.recover_restored(index, &folder, &name, old, &mark)
            }
            (Act::Delete { .. }, Some(old), _) => {
                place::remove_if(&folder, &self.hidden_back(index), old)?;
                if let Some(now) = now.filter(|now| old.is_file(&now.identity)) {
                    return Ok(Some(End::Done { mark: Some(now.identity) }));
                }
                let beside = find_beside(&folder, &name, &self.plan.id, old)?;
                Ok(beside.map(|(name, mark)| End::Beside { name, mark }))
            }
            (Act::MakeFolder { .. }, ..) if now.is_none() => done(),
            (Act::RemoveFolder { .. }, ..) if now.is_some_and(|now| now.kind == Kind::Folder) => {
                done()
            }
            (Act::FolderMode { before, .. }, ..)
            | (Act::FileMode { base: Identity { mode: before, .. }, .. }, ..)
                if now.is_some_and(|now| now.identity.mode & 0o777 == before & 0o777) =>
            {
                let mark = self.host(index).look(&path)?.map(|now| now.identity);
                Ok(Some(End::Done { mark }))
            }
            _ => Ok(None),
        }
    }

    fn recover_taken(
        &mut self,
        index: usize,
        folder: &OwnedFd,
        name: &[u8],
        mark: &Identity,
    ) -> Result<Option<End>, Trouble> {
        if Seen::find(folder, &self.hidden_back(index))?.is_some() {
            return self.settle_taken(index, folder, name, mark).map(Some);
        }
        let is_gone = Seen::find(folder, name)?.is_none();
        Ok(is_gone.then_some(End::Done { mark: None }))
    }

    fn recover_restored(
        &mut self,
        index: usize,
        folder: &OwnedFd,
        name: &[u8],
        old: &Identity,
        mark: &Identity,
    ) -> Result<Option<End>, Trouble> {
        let (hidden, aside) = (self.hidden_back(index), self.hidden_old(index));
        if let Some(seen) = Seen::find(folder, &aside)? {
            // Between the steps of an undo without exchange.
            if mark.is_same(&seen.identity) {
                place::remove(folder, &aside)?;
            } else {
                self.put_back(index, folder, &aside, name)?;
            }
        }
        match Seen::find(folder, &hidden)? {
            Some(seen) if old.is_file(&seen.identity) => {
                let kept = Self::kept_name(index);
                match self.is_far(folder)? {
                    true => place::remove(folder, &hidden)?,
                    false => rename_new(folder, &hidden, &self.kept, &kept)?,
                }
                Ok(None)
            }
            Some(_) => self.settle_restored(index, folder, name, old, mark).map(Some),
            None => {
                let now = Seen::find(folder, name)?.map(|now| now.identity);
                if let Some(now) = now.filter(|now| old.is_file(now)) {
                    return Ok(Some(End::Done { mark: Some(now) }));
                }
                let beside = find_beside(folder, name, &self.plan.id, old)?;
                Ok(beside.map(|(name, mark)| End::Beside { name, mark }))
            }
        }
    }

    /// As `clean`, for an undo: a copy that was not announced yet.
    pub(crate) fn clean_back(&self, index: usize) -> Result<(), Errno> {
        match (&self.item(index).act, self.parent(index)) {
            (Act::Delete { .. } | Act::Replace { .. }, Ok((folder, _))) => {
                place::remove(&folder, &self.hidden_back(index))
            }
            _ => Ok(()),
        }
    }

    /// As `discard`, for an undo. Near the store, the old version itself goes back into it.
    pub(crate) fn discard_back(
        &self,
        index: usize,
        folder: &OwnedFd,
        old: &Identity,
    ) -> Result<(), Errno> {
        let hidden = self.hidden_back(index);
        match Seen::find(folder, &hidden)? {
            Some(seen) if old.is_file(&seen.identity) => match self.is_far(folder)? {
                true => place::remove(folder, &hidden),
                false => rename_new(folder, &hidden, &self.kept, &Self::kept_name(index)),
            },
            _ => Ok(()),
        }
    }
}
