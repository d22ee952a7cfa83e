//! The steps of an apply: each prepares without being seen, acts so that at every instant either
//! the old or the new version is in place, and can tell after a crash how far it came.
//!
//! A file that is replaced:
//!
//! ```text
//! unnamed copy ─► hidden name ─► exchange with the file ─► is what came out the expected version?
//!                                     ▲          │ no                         │ yes
//!                                     └── back ──┴─► ours goes beside         └─► into the store
//! ```

use super::beneath::{self, Root};
use super::content;
use super::drive::Way;
use super::journal::End;
use super::place::{self, Dress, Temp, find_beside, place_beside, rename_new};
use super::plan::{Act, Content};
use super::seen::{Identity, Kind, Seen, Stamp};
use super::site::{Site, Trouble};
use super::walk::open_upper_file;
use rustix::fs::{AtFlags, Gid, Mode, Uid};
use rustix::io::Errno;
use std::os::fd::OwnedFd;

/// What is ready to act.
pub(crate) enum Ready {
    Plain,
    Content(Temp),
}

/// What preparing came to.
pub(crate) enum Prepared {
    /// `Identity`: of the new file, for the journal.
    Go(Ready, Option<Identity>),
    End(End),
}

const EDITED: &str = "you changed it meanwhile, so it stays as it is";
const GONE: &str = "it is no longer there";

impl Site<'_> {
    /// Everything that can be done without being seen.
    pub(crate) fn prepare(&mut self, index: usize) -> Result<Prepared, Trouble> {
        self.at("prepare", index)?;
        match self.item(index).act.clone() {
            Act::Put { content, mode, modified } => {
                self.prepare_content(index, &content, mode, modified, None)
            }
            Act::Replace { base, content, mode } => {
                self.prepare_content(index, &content, mode, None, Some(&base))
            }
            Act::Delete { base } => {
                let (folder, name) = self.parent(index)?;
                let now = Seen::find(&folder, &name)?;
                if self.is_far(&folder)? && now.is_some_and(|now| base.is_untouched(&now.identity))
                {
                    self.copy_to_kept(index, &folder, &name, &base)?;
                }
                Ok(Prepared::Go(Ready::Plain, None))
            }
            Act::FolderMode { .. }
            | Act::MakeFolder { .. }
            | Act::Move { .. }
            | Act::RemoveFolder { .. }
            | Act::FileMode { .. } => Ok(Prepared::Go(Ready::Plain, None)),
        }
    }

    fn prepare_content(
        &mut self,
        index: usize,
        content: &Content,
        mode: u32,
        modified: Option<Stamp>,
        base: Option<&Identity>,
    ) -> Result<Prepared, Trouble> {
        let (folder, name) = match self.parent(index) {
            Err(Errno::NOENT) => {
                return Err(Trouble::Why("its folder is no longer there".to_owned()));
            }
            other => other?,
        };
        let now = Seen::find(&folder, &name)?;
        // Of what this task put there itself nothing is left to do, unless its rights are others.
        let is_open = |now: &Seen| {
            let is_ours = now.identity.mode & 0o777 == mode & 0o777;
            is_ours || base.is_none_or(|base| !base.is_untouched(&now.identity))
        };
        if let Some(now) = &now
            && is_open(now)
            && holds(self.host(index), &self.item(index).path, now, content)
        {
            return Ok(Prepared::End(End::Already));
        }
        if let (Some(base), Some(now)) = (base, &now)
            && base.is_untouched(&now.identity)
            && self.is_far(&folder)?
        {
            self.copy_to_kept(index, &folder, &name, base)?;
        }
        let owner = match (self.is_root, &now) {
            (false, _) => None,
            (true, Some(now)) => Some((now.owner, now.group)),
            (true, None) => Seen::of(&folder).map(|seen| Some((seen.owner, seen.group)))?,
        };
        let hidden = self.hidden(index);
        self.at("write-content", index)?;
        let temp = match content {
            Content::Link { target } => {
                let temp = Temp::link(&folder, &hidden, target)?;
                if let Some((owner, group)) = owner {
                    let (owner, group) = (Uid::from_raw(owner), Gid::from_raw(group));
                    let flags = AtFlags::SYMLINK_NOFOLLOW;
                    rustix::fs::chownat(&folder, &hidden, Some(owner), Some(group), flags)?;
                }
                temp
            }
            Content::File { hash, .. } => {
                let temp = Temp::file(&folder, &hidden)?;
                let file = temp.opened().ok_or(Errno::BADF)?;
                let filled = self.fill(index, file, hash).and_then(|()| {
                    Ok(place::dress(file, &Dress { mode: mode & 0o777, modified, owner })?)
                });
                if let Err(trouble) = filled {
                    if matches!(temp, Temp::Named(_)) {
                        place::remove(&folder, &hidden)?;
                    }
                    return Err(trouble);
                }
                temp
            }
        };
        let new = match temp.opened() {
            Some(file) => Seen::of(file)?,
            None => Seen::at(&folder, &hidden)?,
        };
        Ok(Prepared::Go(Ready::Content(temp), Some(new.identity)))
    }

    /// Copies the reviewed content into `file`.
    fn fill(&self, index: usize, file: &OwnedFd, reviewed: &content::Hash) -> Result<(), Trouble> {
        let item = self.item(index);
        let lost = || Trouble::Why("what the task made of it is no longer there".to_owned());
        let upper = self.uppers[item.share as usize].as_ref().ok_or_else(lost)?;
        let (folder, name) = upper.parent(&item.path).map_err(|_| lost())?;
        if Seen::find(&folder, name)?.is_none_or(|seen| seen.kind != Kind::File) {
            return Err(lost());
        }
        let source = open_upper_file(&folder, name)?;
        let seen = Seen::of(&source)?;
        if content::copy(&source, &seen, file)? != *reviewed {
            return Err(Trouble::Why("it is no longer what was reviewed".to_owned()));
        }
        Ok(())
    }

    /// The steps that a person could see.
    pub(crate) fn act(
        &mut self,
        index: usize,
        ready: &Ready,
        new: Option<&Identity>,
    ) -> Result<End, Trouble> {
        self.at("act", index)?;
        match (self.item(index).act.clone(), ready, new) {
            (Act::Put { .. }, Ready::Content(temp), _) => self.put(index, temp),
            (Act::Replace { base, .. }, Ready::Content(temp), Some(new)) => {
                self.replace(index, &base, temp, new)
            }
            (Act::Delete { base }, ..) => self.delete(index, &base),
            (Act::Move { from, base, mode }, ..) => self.move_file(index, &from, &base, mode),
            (Act::MakeFolder { mode }, ..) => self.make_folder(index, mode),
            (Act::RemoveFolder { .. }, ..) => self.remove_folder(index),
            (Act::FolderMode { before, after }, ..) => self.folder_mode(index, before, after),
            (Act::FileMode { base, after }, ..) => self.file_mode(index, &base, after),
            (Act::Put { .. } | Act::Replace { .. }, ..) => Err(Trouble::Errno(Errno::INVAL)),
        }
    }

    fn put(&mut self, index: usize, temp: &Temp) -> Result<End, Trouble> {
        let (folder, name) = self.parent(index)?;
        match temp.show(&folder, &self.hidden(index), &name) {
            Ok(()) => {
                self.at("placed", index)?;
                Ok(End::Done { mark: Some(Seen::at(&folder, &name)?.identity) })
            }
            Err(Errno::EXIST) => self.show_beside(index, &folder, &name, temp),
            Err(errno) => Err(errno.into()),
        }
    }

    fn show_beside(
        &mut self,
        index: usize,
        folder: &OwnedFd,
        name: &[u8],
        temp: &Temp,
    ) -> Result<End, Trouble> {
        self.at("beside", index)?;
        let hidden = self.hidden(index);
        let place = |free: &[u8]| temp.show(folder, &hidden, free);
        let name = place_beside(name, &self.plan.id, place)?;
        self.at("placed-beside", index)?;
        let mark = Seen::at(folder, &name)?.identity;
        Ok(End::Beside { name, mark })
    }

    fn replace(
        &mut self,
        index: usize,
        base: &Identity,
        temp: &Temp,
        new: &Identity,
    ) -> Result<End, Trouble> {
        let (folder, name) = self.parent(index)?;
        let hidden = self.hidden(index);
        let now = Seen::find(&folder, &name)?;
        if now.is_none_or(|now| !base.is_untouched(&now.identity)) {
            return self.show_beside(index, &folder, &name, temp);
        }
        temp.show(&folder, &hidden, &hidden)?;
        match self
            .at("exchange", index)
            .and_then(|()| Ok(place::exchange(&folder, &hidden, &name)?))
        {
            Ok(()) => {}
            Err(Trouble::Errno(Errno::NOENT)) => {
                return self.show_beside(index, &folder, &name, &Temp::Named(None));
            }
            Err(Trouble::Errno(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP)) => {
                if !self.trade_slowly(index, &folder, &name, base)? {
                    return self.show_beside(index, &folder, &name, &Temp::Named(None));
                }
            }
            Err(trouble) => return Err(trouble),
        }
        self.at("exchanged", index)?;
        self.settle_exchange(index, &folder, &name, base, new)
    }

    /// As an exchange, in two steps; for an instant the name is free. `false`: what lay there was
    /// not the expected version and is back, ours is still under its hidden name.
    fn trade_slowly(
        &mut self,
        index: usize,
        folder: &OwnedFd,
        name: &[u8],
        base: &Identity,
    ) -> Result<bool, Trouble> {
        let (hidden, old) = (self.hidden(index), self.hidden_old(index));
        rename_new(folder, name, folder, &old)?;
        self.at("taken-out", index)?;
        let came_out = Seen::at(folder, &old)?;
        if !base.is_same(&came_out.identity) {
            self.put_back(index, folder, &old, name)?;
            return Ok(false);
        }
        match rename_new(folder, &hidden, folder, name) {
            Ok(()) => {}
            Err(Errno::EXIST) => {
                // The person made a new one this instant. Theirs stays, and so does the old one.
                self.put_back(index, folder, &old, name)?;
                return Ok(false);
            }
            Err(errno) => {
                self.put_back(index, folder, &old, name)?;
                return Err(errno.into());
            }
        }
        self.at("put-in", index)?;
        rename_new(folder, &old, folder, &hidden)?;
        Ok(true)
    }

    /// After an exchange: the old version lies under the hidden name. If it is not the expected
    /// one, the person was faster: it goes back, and ours beside it.
    fn settle_exchange(
        &mut self,
        index: usize,
        folder: &OwnedFd,
        name: &[u8],
        base: &Identity,
        new: &Identity,
    ) -> Result<End, Trouble> {
        let hidden = self.hidden(index);
        let came_out = Seen::at(folder, &hidden)?;
        if base.is_same(&came_out.identity) {
            self.stash(index, folder, &hidden, base)?;
            self.at("stashed", index)?;
            let now = Seen::find(folder, name)?.map(|now| now.identity);
            let mark = now.filter(|now| new.is_file(now)).unwrap_or(*new);
            return Ok(End::Done { mark: Some(mark) });
        }
        self.at("exchange-back", index)?;
        match place::exchange(folder, &hidden, name) {
            Ok(()) => {}
            // Ours was removed this instant, or there is no exchange: theirs just goes back.
            Err(Errno::NOENT) => {
                self.put_back(index, folder, &hidden, name)?;
                return Ok(End::Skipped { why: EDITED.to_owned() });
            }
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                let kept = self.put_back(index, folder, &hidden, name)?;
                return Ok(End::Beside { name: kept.unwrap_or_default(), mark: *new });
            }
            Err(errno) => return Err(errno.into()),
        }
        self.at("exchanged-back", index)?;
        self.show_beside(index, folder, name, &Temp::Named(None))
    }

    /// Gives what lies under a hidden name its own name back, or one beside it if that is taken.
    pub(crate) fn put_back(
        &mut self,
        index: usize,
        folder: &OwnedFd,
        hidden: &[u8],
        name: &[u8],
    ) -> Result<Option<Vec<u8>>, Trouble> {
        self.at("put-back", index)?;
        match rename_new(folder, hidden, folder, name) {
            Ok(()) => Ok(None),
            Err(Errno::EXIST) => {
                let place = |free: &[u8]| rename_new(folder, hidden, folder, free);
                Ok(Some(place_beside(name, &self.plan.id, place)?))
            }
            Err(errno) => Err(errno.into()),
        }
    }

    fn delete(&mut self, index: usize, base: &Identity) -> Result<End, Trouble> {
        let (folder, name) = match self.parent(index) {
            Err(Errno::NOENT) => return Ok(End::Already),
            other => other?,
        };
        let Some(now) = Seen::find(&folder, &name)? else { return Ok(End::Already) };
        if !base.is_untouched(&now.identity) {
            return Ok(End::Skipped { why: EDITED.to_owned() });
        }
        let hidden = self.hidden(index);
        rename_new(&folder, &name, &folder, &hidden)?;
        self.at("taken-out", index)?;
        self.settle_delete(index, &folder, &name, base)
    }

    fn settle_delete(
        &mut self,
        index: usize,
        folder: &OwnedFd,
        name: &[u8],
        base: &Identity,
    ) -> Result<End, Trouble> {
        let hidden = self.hidden(index);
        let came_out = Seen::at(folder, &hidden)?;
        if base.is_same(&came_out.identity) {
            self.stash(index, folder, &hidden, base)?;
            self.at("stashed", index)?;
            return Ok(End::Done { mark: None });
        }
        self.put_back(index, folder, &hidden, name)?;
        Ok(End::Skipped { why: EDITED.to_owned() })
    }

    fn move_file(
        &mut self,
        index: usize,
        from: &[u8],
        base: &Identity,
        mode: u32,
    ) -> Result<End, Trouble> {
        let (to_folder, name) = self.parent(index)?;
        let (from_folder, old) = match self.host(index).parent(from) {
            Err(Errno::NOENT) => return moved_before(&to_folder, &name, base),
            other => other?,
        };
        let Some(now) = Seen::find(&from_folder, old)? else {
            return moved_before(&to_folder, &name, base);
        };
        if !base.is_untouched(&now.identity) {
            return Ok(End::Skipped { why: EDITED.to_owned() });
        }
        let place = |free: &[u8]| rename_new(&from_folder, old, &to_folder, free);
        let (new_name, is_beside) = match place(&name) {
            Ok(()) => (name, false),
            Err(Errno::EXIST) => (place_beside(&name, &self.plan.id, place)?, true),
            Err(errno) => return Err(errno.into()),
        };
        self.at("moved", index)?;
        let arrived = Seen::at(&to_folder, &new_name)?;
        if !base.is_same(&arrived.identity) {
            rename_new(&to_folder, &new_name, &from_folder, old)?;
            return Ok(End::Skipped { why: EDITED.to_owned() });
        }
        let mark = self.finish_move(index, &to_folder, &new_name, mode)?;
        Ok(match is_beside {
            true => End::Beside { name: new_name, mark },
            false => End::Done { mark: Some(mark) },
        })
    }

    /// Sets the permissions of what was moved.
    fn finish_move(
        &mut self,
        index: usize,
        folder: &OwnedFd,
        name: &[u8],
        mode: u32,
    ) -> Result<Identity, Trouble> {
        let seen = Seen::at(folder, name)?;
        if seen.identity.mode & 0o777 != mode && seen.identity.links < 2 {
            self.at("set-mode", index)?;
            beneath::set_mode(&beneath::handle(folder, name)?, mode)?;
        }
        Ok(Seen::at(folder, name)?.identity)
    }

    fn make_folder(&mut self, index: usize, mode: u32) -> Result<End, Trouble> {
        let (folder, name) = self.parent(index)?;
        match rustix::fs::mkdirat(&folder, &name, Mode::from_raw_mode(mode)) {
            Ok(()) => {}
            Err(Errno::EXIST) => {
                let seen = Seen::at(&folder, &name)?;
                return match seen.kind {
                    Kind::Folder => Ok(End::Already),
                    _ => Err(Trouble::Why("something else has its name".to_owned())),
                };
            }
            Err(errno) => return Err(errno.into()),
        }
        self.at("made-folder", index)?;
        self.own_folder(&folder, &name)?;
        Ok(End::Done { mark: None })
    }

    /// Root gives a new folder to the owner of the one around it.
    pub(crate) fn own_folder(&self, folder: &OwnedFd, name: &[u8]) -> Result<(), Errno> {
        if !self.is_root {
            return Ok(());
        }
        let around = Seen::of(folder)?;
        let (owner, group) = (Uid::from_raw(around.owner), Gid::from_raw(around.group));
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        rustix::fs::chownat(folder, name, Some(owner), Some(group), flags)
    }

    fn remove_folder(&mut self, index: usize) -> Result<End, Trouble> {
        let (folder, name) = match self.parent(index) {
            Err(Errno::NOENT) => return Ok(End::Already),
            other => other?,
        };
        match rustix::fs::unlinkat(&folder, &name, AtFlags::REMOVEDIR) {
            Ok(()) => {}
            Err(Errno::NOENT) => return Ok(End::Already),
            Err(Errno::NOTEMPTY | Errno::EXIST) => {
                return Err(Trouble::Why("it still holds files, so it stays".to_owned()));
            }
            Err(errno) => return Err(errno.into()),
        }
        self.at("removed-folder", index)?;
        Ok(End::Done { mark: None })
    }

    fn folder_mode(&mut self, index: usize, before: u32, after: u32) -> Result<End, Trouble> {
        let (folder, name) = self.parent(index)?;
        let handle = beneath::handle(&folder, &name)?;
        let seen = Seen::of(&handle)?;
        match seen.identity.mode & 0o777 {
            _ if seen.kind != Kind::Folder => Err(Errno::NOTDIR.into()),
            now if now == after => Ok(End::Already),
            now if now != before => Ok(End::Skipped { why: EDITED.to_owned() }),
            _ => {
                // A folder's set-id and sticky bits are the person's own.
                let special = seen.identity.mode & 0o7000;
                beneath::set_mode(&handle, after | special)?;
                self.at("set-mode", index)?;
                Ok(End::Done { mark: None })
            }
        }
    }

    fn file_mode(&mut self, index: usize, base: &Identity, after: u32) -> Result<End, Trouble> {
        let (folder, name) = self.parent(index)?;
        let handle = beneath::handle(&folder, &name)?;
        let seen = Seen::of(&handle)?;
        if seen.kind != Kind::File || !base.is_untouched(&seen.identity) {
            return Ok(End::Skipped { why: EDITED.to_owned() });
        }
        beneath::set_mode(&handle, after)?;
        self.at("set-mode", index)?;
        Ok(End::Done { mark: Some(Seen::of(&handle)?.identity) })
    }

    /// How far an item came whose intent is in the journal. `None`: it is to be done again, and
    /// nothing of it is left over.
    pub(crate) fn recover(
        &mut self,
        index: usize,
        new: Option<&Identity>,
    ) -> Result<Option<End>, Trouble> {
        self.at("recover", index)?;
        let (folder, name) = match self.parent(index) {
            Ok(parent) => parent,
            // The folder around it went as well, in the same batch.
            Err(Errno::NOENT) if matches!(self.item(index).act, Act::RemoveFolder { .. }) => {
                return Ok(Some(End::Done { mark: None }));
            }
            Err(Errno::NOENT) if matches!(self.item(index).act, Act::Delete { .. }) => {
                let is_kept = self.kept_seen(index)?.is_some();
                return Ok(is_kept.then_some(End::Done { mark: None }));
            }
            // Its folder went meanwhile; preparing it again will say so.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::XDEV) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
        let now = Seen::find(&folder, &name)?;
        match (self.item(index).act.clone(), new) {
            (Act::Put { .. }, Some(new)) => self.recover_put(index, &folder, &name, new),
            (Act::Replace { base, .. }, Some(new)) => {
                self.recover_replace(index, &folder, &name, &base, new)
            }
            (Act::Delete { base }, _) => {
                if Seen::find(&folder, &self.hidden(index))?.is_some() {
                    return self.settle_delete(index, &folder, &name, &base).map(Some);
                }
                let is_out = now.is_none_or(|now| !base.is_file(&now.identity));
                let is_kept = self.kept_seen(index)?.is_some();
                Ok((is_out && is_kept).then_some(End::Done { mark: None }))
            }
            (Act::Move { base, mode, .. }, _) => {
                if now.is_some_and(|now| now.identity.inode == base.inode) {
                    let mark = self.finish_move(index, &folder, &name, mode)?;
                    return Ok(Some(End::Done { mark: Some(mark) }));
                }
                let beside = find_beside(&folder, &name, &self.plan.id, &base)?;
                Ok(beside.map(|(name, mark)| End::Beside { name, mark }))
            }
            (Act::MakeFolder { .. }, _) => {
                let is_there = now.is_some_and(|now| now.kind == Kind::Folder);
                if is_there {
                    self.own_folder(&folder, &name)?;
                }
                Ok(is_there.then_some(End::Done { mark: None }))
            }
            (Act::RemoveFolder { .. }, _) => Ok(now.is_none().then_some(End::Done { mark: None })),
            (Act::FolderMode { after, .. }, _) => {
                let is_set = now.is_some_and(|now| now.identity.mode & 0o777 == after);
                Ok(is_set.then_some(End::Done { mark: None }))
            }
            (Act::FileMode { base, after }, _) => {
                let now = now.map(|now| now.identity);
                let is_set = |now: &Identity| base.is_file(now) && now.mode & 0o777 == after;
                Ok(now.filter(is_set).map(|now| End::Done { mark: Some(now) }))
            }
            (Act::Put { .. } | Act::Replace { .. }, None) => Ok(None),
        }
    }

    fn recover_put(
        &mut self,
        index: usize,
        folder: &OwnedFd,
        name: &[u8],
        new: &Identity,
    ) -> Result<Option<End>, Trouble> {
        if let Some(now) = Seen::find(folder, name)?
            && new.is_file(&now.identity)
        {
            return Ok(Some(End::Done { mark: Some(now.identity) }));
        }
        if let Some((name, mark)) = find_beside(folder, name, &self.plan.id, new)? {
            return Ok(Some(End::Beside { name, mark }));
        }
        place::remove(folder, &self.hidden(index))?;
        Ok(None)
    }

    fn recover_replace(
        &mut self,
        index: usize,
        folder: &OwnedFd,
        name: &[u8],
        base: &Identity,
        new: &Identity,
    ) -> Result<Option<End>, Trouble> {
        let (hidden, old) = (self.hidden(index), self.hidden_old(index));
        let is_new = |seen: &Seen| new.is_file(&seen.identity);
        let mut now = Seen::find(folder, name)?;
        if let Some(out) = Seen::find(folder, &old)? {
            // Between the steps of a slow trade. It goes on: putting the old version back would
            // touch it, and then it would look like the person's work.
            let waits = Seen::find(folder, &hidden)?.as_ref().is_some_and(is_new);
            if now.is_none() && waits && base.is_same(&out.identity) {
                rename_new(folder, &hidden, folder, name)?;
                now = Seen::find(folder, name)?;
            }
            if now.as_ref().is_some_and(is_new) {
                rename_new(folder, &old, folder, &hidden)?;
            } else {
                self.put_back(index, folder, &old, name)?;
            }
        }
        match Seen::find(folder, &hidden)? {
            Some(seen) if is_new(&seen) => {
                self.at("unlink-temp", index)?;
                place::remove(folder, &hidden)?;
                Ok(None)
            }
            Some(_) => self.settle_exchange(index, folder, name, base, new).map(Some),
            None => {
                if let Some((name, mark)) = find_beside(folder, name, &self.plan.id, new)? {
                    return Ok(Some(End::Beside { name, mark }));
                }
                let now = Seen::find(folder, name)?.map(|now| now.identity);
                if let Some(now) = now.filter(|now| new.is_file(now)) {
                    return Ok(Some(End::Done { mark: Some(now) }));
                }
                // The old version is in the store and has left its place: the exchange happened,
                // and the person replaced ours since.
                let is_out = now.is_none_or(|now| !base.is_file(&now));
                let was_moved = is_out && self.kept_seen(index)?.is_some();
                let moved = was_moved && !self.is_far(folder)?;
                Ok(moved.then_some(End::Done { mark: Some(*new) }))
            }
        }
    }

    /// Removes what an item left under its hidden name before its intent was durable.
    pub(crate) fn clean(&self, index: usize) -> Result<(), Errno> {
        if !matches!(self.item(index).act, Act::Put { .. } | Act::Replace { .. }) {
            return Ok(());
        }
        match self.parent(index) {
            Ok((folder, _)) => place::remove(&folder, &self.hidden(index)),
            Err(_) => Ok(()),
        }
    }

    /// Removes our new version after a step failed, if it still has its hidden name.
    pub(crate) fn discard(
        &self,
        index: usize,
        new: Option<&Identity>,
        way: Way,
    ) -> Result<(), Errno> {
        let (Some(new), Ok((folder, _))) = (new, self.parent(index)) else { return Ok(()) };
        if way == Way::Back {
            return self.discard_back(index, &folder, new);
        }
        let hidden = self.hidden(index);
        match Seen::find(&folder, &hidden)? {
            Some(seen) if new.is_file(&seen.identity) => place::remove(&folder, &hidden),
            _ => Ok(()),
        }
    }
}

/// Whether the person's file already is what was to be put in its place.
pub(crate) fn holds(host: &Root, path: &[u8], now: &Seen, content: &Content) -> bool {
    match content {
        Content::File { hash, size_bytes } => {
            now.kind == Kind::File
                && now.identity.size_bytes == *size_bytes
                && host
                    .file(path)
                    .and_then(|(file, seen)| content::hash(&file, &seen))
                    .is_ok_and(|found| found == *hash)
        }
        Content::Link { target } => {
            now.kind == Kind::Link
                && host
                    .parent(path)
                    .and_then(|(folder, name)| rustix::fs::readlinkat(folder, name, Vec::new()))
                    .is_ok_and(|text| text.as_bytes() == target.as_slice())
        }
    }
}

/// What is not where it was may have been brought to its place already, by an apply or by hand.
fn moved_before(folder: &OwnedFd, name: &[u8], base: &Identity) -> Result<End, Trouble> {
    let there = Seen::find(folder, name)?;
    Ok(match there.is_some_and(|there| base.is_file(&there.identity)) {
        true => End::Already,
        false => End::Skipped { why: GONE.to_owned() },
    })
}
