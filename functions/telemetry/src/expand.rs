//! Compressed streams, opened within limits.

use std::io::{self, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use thiserror::Error;

/// Most bytes that a delivery may hold once it is expanded, in each layer.
pub(crate) const MAX_EXPANDED: u64 = 256 * 1024 * 1024;
/// Most layers of compression around each other.
const MAX_LAYERS: usize = 3;
/// Bytes that are looked at to know what a stream is.
const HEAD: usize = 6;

const GZIP: &[u8] = &[0x1f, 0x8b];
const MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// First bytes of what is often delivered by mistake, with its name.
const UNREAD: [(&[u8], &str); 6] = [
    (b"PAR1", "a Parquet file"),
    (b"Obj\x01", "an Avro file"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"BZh", "bzip2"),
    (&[0x28, 0xb5, 0x2f, 0xfd], "Zstandard"),
    (&[0xfd, b'7', b'z', b'X', b'Z'], "xz"),
];

/// Why a stream is not read, or not to its end.
#[derive(Debug, Error)]
pub(crate) enum ExpandError {
    #[error("expands to more than {limit} bytes; deliver it in smaller parts")]
    TooLarge { limit: u64 },
    #[error("is compressed more than {MAX_LAYERS} times over; deliver it compressed once or not at all")]
    TooManyLayers,
    #[error("is {0}, which is not read; deliver JSON, plain or compressed with gzip")]
    NotRead(&'static str),
    #[error("is UTF-16 text; deliver UTF-8")]
    Utf16,
    #[error("the gzip stream is damaged or cut off ({0}); what came before is read")]
    Damaged(io::Error),
    /// The stream itself failed: a disk, a connection.
    #[error("{0}")]
    Input(io::Error),
}

impl ExpandError {
    /// What a reader of a stream reports, as it was meant.
    pub(crate) fn of(error: io::Error) -> Self {
        match error.downcast::<ExpandError>() {
            Ok(known) => known,
            Err(error) => ExpandError::Input(error),
        }
    }
}

/// The text of a stream: gzip undone (RFC 1952; several members too, as concatenated log files have), without a byte order
/// mark. No layer may hold more than `limit` bytes. What a damaged stream gives before the damage can be read, so that a
/// delivery that was cut off loses only its tail. Errors of the reader are [`ExpandError`].
pub(crate) fn expand<'a>(input: impl Read + 'a, limit: u64) -> Result<Box<dyn Read + 'a>, ExpandError> {
    let mut stream: Box<dyn Read + 'a> =
        Box::new(Layer { input, limit, left: limit, fault: ExpandError::Input });
    for layers in 0.. {
        let mut head = [0; HEAD];
        let known = head_of(&mut stream, &mut head).map_err(ExpandError::of);
        // A layer that is damaged in its first bytes is damaged, whatever they are.
        let head = head.get(..known?).unwrap_or_default().to_vec();
        if !head.starts_with(GZIP) {
            return plain(stream, head);
        }
        if layers == MAX_LAYERS {
            return Err(ExpandError::TooManyLayers);
        }
        let decoder =
            MultiGzDecoder::new(BufReader::with_capacity(64 * 1024, io::Cursor::new(head).chain(stream)));
        stream = Box::new(Layer { input: decoder, limit, left: limit, fault: ExpandError::Damaged });
    }
    Err(ExpandError::TooManyLayers)
}

fn plain<'a>(stream: Box<dyn Read + 'a>, mut head: Vec<u8>) -> Result<Box<dyn Read + 'a>, ExpandError> {
    if let Some((_, name)) = UNREAD.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Err(ExpandError::NotRead(name));
    }
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return Err(ExpandError::Utf16);
    }
    if head.starts_with(MARK) {
        head.drain(..MARK.len());
    }
    Ok(Box::new(io::Cursor::new(head).chain(stream)))
}

/// Fills `head` as far as the stream goes; how far that is.
fn head_of(stream: &mut impl Read, head: &mut [u8; HEAD]) -> io::Result<usize> {
    let mut known = 0;
    while let Some(room) = head.get_mut(known..).filter(|room| !room.is_empty()) {
        match stream.read(room) {
            Ok(0) => break,
            Ok(read) => known += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(known)
}

/// One layer: its limit, and what an error of its own means.
struct Layer<R> {
    input: R,
    limit: u64,
    left: u64,
    fault: fn(io::Error) -> ExpandError,
}

impl<R: Read> Read for Layer<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // At the limit one byte more is asked for, to know whether the stream goes on.
        let most = usize::try_from(self.left.max(1)).unwrap_or(usize::MAX).min(buffer.len());
        let read = match self.input.read(buffer.get_mut(..most).unwrap_or_default()) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            // An error of the layer around it stays what it is.
            Err(error) if error.get_ref().is_some_and(|inner| inner.is::<ExpandError>()) => {
                return Err(error);
            }
            Err(error) => return Err(io::Error::other((self.fault)(error))),
        };
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => return Err(io::Error::other(ExpandError::TooLarge { limit: self.limit })),
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// What was read, and why no more.
    fn expanded(delivered: &[u8], limit: u64) -> (Vec<u8>, Option<String>) {
        let mut bytes = Vec::new();
        let error = match expand(delivered, limit) {
            Ok(mut stream) => stream.read_to_end(&mut bytes).err().map(ExpandError::of),
            Err(error) => Some(error),
        };
        (bytes, error.map(|error| error.to_string()))
    }

    #[test]
    fn members_and_layers_are_opened() {
        let two = [gzip(b"one\n"), gzip(b"two\n")].concat();
        for (delivered, read) in [
            (b"plain".to_vec(), &b"plain"[..]),
            (gzip(b"once"), b"once"),
            (gzip(&gzip(&gzip(b"three times"))), b"three times"),
            (two, b"one\ntwo\n"),
            (b"\xef\xbb\xbfmarked".to_vec(), b"marked"),
            (gzip(b"\xef\xbb\xbf"), b""),
            (Vec::new(), b""),
        ] {
            assert_eq!(expanded(&delivered, 100), (read.to_vec(), None));
        }
    }

    #[test]
    fn a_bomb_is_expanded_up_to_the_limit() {
        let bomb = gzip(&vec![b'a'; 10 * 1024 * 1024]);
        assert!(bomb.len() < 100_000);
        for (delivered, limit) in [(&bomb, 1024), (&gzip(&bomb), 1024 * 1024)] {
            let (read, error) = expanded(delivered, limit);
            assert!(
                read.len() as u64 <= limit && error.is_some_and(|error| error.starts_with("expands to more"))
            );
        }
        assert_eq!(expanded(&gzip(&[b'a'; 100]), 100), (vec![b'a'; 100], None));
    }

    #[test]
    fn a_stream_that_was_cut_off_keeps_its_beginning() {
        let text = (0..2000).map(|n| format!("{{\"n\":{n}}}\n")).collect::<String>();
        let whole = gzip(text.as_bytes());
        let (read, error) = expanded(&whole[..whole.len() / 2], MAX_EXPANDED);
        assert!(error.is_some_and(|error| error.contains("damaged or cut off")));
        assert!(!read.is_empty() && text.as_bytes().starts_with(&read));
    }

    #[test]
    fn what_is_not_read_is_named() {
        for (delivered, name) in [
            (&b"PAR1\x00"[..], "Parquet"),
            (b"PK\x03\x04", "ZIP"),
            (b"\xff\xfe{\x00", "UTF-16"),
            (&gzip(&gzip(&gzip(&gzip(b"x")))), "3 times"),
            (b"\x1f\x8bnot gzip", "damaged"),
        ] {
            let error = expanded(delivered, 100).1.unwrap();
            assert!(error.contains(name), "{error}");
        }
    }
}
