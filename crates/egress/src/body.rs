//! Bodies: carried piece by piece, counted, looked at, and framed anew.

use crate::head::Framing;
use crate::limits::{BODY_PIECE_BYTES_MAX, CHUNK_LINE_BYTES_MAX, IDLE_TIME, TRAILER_BYTES_MAX};
use crate::refusal::Refusal;
use crate::scan::Screen;
use crate::stream::Ahead;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

/// Carries one body. `count` is told of each piece before it is passed on.
pub(crate) async fn carry<R, W>(
    framing: Framing,
    from: &mut Ahead<R>,
    to: &mut W,
    mut screen: Screen,
    mut count: impl FnMut(usize) -> Result<(), Refusal>,
) -> Result<(), Refusal>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut out = Out { to, is_chunked: framing == Framing::Chunked };
    match framing {
        Framing::None => {}
        Framing::Length(length) => {
            exactly(length, from, &mut out, &mut screen, &mut count).await?;
        }
        Framing::UntilClose => loop {
            let seen = from.seen().len();
            if seen == 0 && more(from).await? == 0 {
                break;
            }
            let seen = from.seen().len() as u64;
            exactly(seen, from, &mut out, &mut screen, &mut count).await?;
        },
        Framing::Chunked => loop {
            let size = chunk_size(from).await?;
            if size == 0 {
                trailer(from).await?;
                break;
            }
            exactly(size, from, &mut out, &mut screen, &mut count).await?;
            if line(from, 2).await? != 0 {
                return Err(Refusal::Malformed("a chunk does not end where it says"));
            }
        },
    }
    out.write(&screen.rest()).await?;
    out.end().await
}

async fn exactly<R, W>(
    length: u64,
    from: &mut Ahead<R>,
    out: &mut Out<'_, W>,
    screen: &mut Screen,
    count: &mut impl FnMut(usize) -> Result<(), Refusal>,
) -> Result<(), Refusal>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut left = length;
    while left > 0 {
        if from.seen().is_empty() && more(from).await? == 0 {
            return Err(Refusal::Broken);
        }
        let seen = from.seen();
        let piece = &seen[..usize::try_from(left).unwrap_or(usize::MAX).min(seen.len())];
        count(piece.len())?;
        out.write(&screen.pass(piece)?).await?;
        let taken = piece.len();
        left -= taken as u64;
        from.skip(taken);
    }
    Ok(())
}

async fn more<R: AsyncRead + Unpin>(from: &mut Ahead<R>) -> Result<usize, Refusal> {
    match timeout(IDLE_TIME, from.look_up_to(BODY_PIECE_BYTES_MAX)).await {
        Err(_) => Err(Refusal::Idle),
        Ok(read) => read.map_err(|_| Refusal::Broken),
    }
}

/// Reads ahead to the end of a line of at most `max` bytes with its end, and takes it; answers with
/// its length without the end.
async fn line<R: AsyncRead + Unpin>(from: &mut Ahead<R>, max: usize) -> Result<usize, Refusal> {
    loop {
        let seen = from.seen();
        if let Some(at) = memchr::memchr(b'\n', &seen[..seen.len().min(max)]) {
            let is_whole = at > 0 && seen[at - 1] == b'\r';
            from.skip(at + 1);
            return is_whole.then(|| at - 1).ok_or(Refusal::Malformed("a chunk's line is odd"));
        }
        if seen.len() >= max {
            return Err(Refusal::Malformed("a chunk's line is too long"));
        }
        if more(from).await? == 0 {
            return Err(Refusal::Broken);
        }
    }
}

async fn chunk_size<R: AsyncRead + Unpin>(from: &mut Ahead<R>) -> Result<u64, Refusal> {
    loop {
        let seen = from.seen();
        let digits = seen.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        if digits > 15 {
            return Err(Refusal::Malformed("a chunk is too large"));
        }
        if let Some(next) = seen.get(digits) {
            let text = std::str::from_utf8(&seen[..digits]).unwrap_or_default();
            let size = u64::from_str_radix(text, 16).ok();
            let size = size.filter(|_| matches!(next, b'\r' | b';'));
            // What some write behind the size is not passed on.
            line(from, CHUNK_LINE_BYTES_MAX).await?;
            return size.ok_or(Refusal::Malformed("a chunk's size is no number"));
        }
        if more(from).await? == 0 {
            return Err(Refusal::Broken);
        }
    }
}

/// What follows the last chunk is read and not passed on.
async fn trailer<R: AsyncRead + Unpin>(from: &mut Ahead<R>) -> Result<(), Refusal> {
    let mut left = TRAILER_BYTES_MAX;
    loop {
        let length = line(from, left.max(2)).await?;
        if length == 0 {
            return Ok(());
        }
        left = left.saturating_sub(length + 2);
    }
}

struct Out<'w, W> {
    to: &'w mut W,
    is_chunked: bool,
}

impl<W: AsyncWrite + Unpin> Out<'_, W> {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        if bytes.is_empty() {
            return Ok(());
        }
        let size = if self.is_chunked { format!("{:x}\r\n", bytes.len()) } else { String::new() };
        let end: &[u8] = if self.is_chunked { b"\r\n" } else { b"" };
        for part in [size.as_bytes(), bytes, end] {
            self.all(part).await?;
        }
        Ok(())
    }

    async fn end(&mut self) -> Result<(), Refusal> {
        if self.is_chunked {
            self.all(b"0\r\n\r\n").await?;
        }
        self.to.flush().await.map_err(|_| Refusal::Broken)
    }

    async fn all(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        match timeout(IDLE_TIME, self.to.write_all(bytes)).await {
            Err(_) => Err(Refusal::Idle),
            Ok(written) => written.map_err(|_| Refusal::Broken),
        }
    }
}
