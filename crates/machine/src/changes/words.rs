//! Errors of the operating system as clauses that a person understands.

use rustix::io::Errno;

/// One clause, without a full stop, for why an entry could not be read or changed.
pub(crate) fn clause(error: Errno) -> String {
    let known = match error {
        Errno::ACCESS | Errno::PERM => "you have no permission for it",
        Errno::NOENT => "it is no longer there",
        Errno::LOOP => "a link stands where its folder was",
        Errno::NOTDIR => "something else stands where its folder was",
        Errno::XDEV => "it is on another disk that is mounted there",
        Errno::ROFS => "the disk is mounted read-only",
        Errno::NAMETOOLONG => "its name or path is too long",
        Errno::NOSPC | Errno::DQUOT => "the disk is full",
        Errno::IO => "the disk reported an error",
        Errno::STALE => "the network folder lost it",
        Errno::BUSY | Errno::TXTBSY => "another program is using it",
        Errno::FBIG => "it is larger than the disk allows",
        Errno::NOSYS => "this kernel is too old (Linux 5.6 or newer is needed)",
        Errno::INVAL => "it is no ordinary file, or this kind of disk cannot do it safely",
        other => return format!("the system said: {}", std::io::Error::from(other)),
    };
    known.to_owned()
}

/// Whether the error says that there is no room, so that nothing further can succeed either.
pub(crate) fn is_full(error: Errno) -> bool {
    matches!(error, Errno::NOSPC | Errno::DQUOT)
}
