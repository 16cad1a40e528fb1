//! The pixels of a picture by its first bytes, without decoding it: few bytes can stand for more than memory holds.

/// The number of pixels of a PNG, GIF, WebP or JPEG; `None` if its first bytes do not tell.
pub fn pixels(bytes: &[u8]) -> Option<u64> {
    let (width, height) = match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => png(bytes),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => gif(bytes),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp(bytes),
        [0xff, 0xd8, ..] => jpeg(bytes),
        _ => None,
    }?;
    Some(u64::from(width) * u64::from(height)).filter(|pixels| *pixels > 0)
}

fn at<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk().copied()
}

fn little(bytes: &[u8], offset: usize) -> Option<u32> {
    at(bytes, offset).map(|bytes| u16::from_le_bytes(bytes).into())
}

fn big(bytes: &[u8], offset: usize) -> Option<u32> {
    at(bytes, offset).map(|bytes| u16::from_be_bytes(bytes).into())
}

/// The chunk `IHDR` (W3C PNG, 11.2.1).
fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    let size = |offset| at(bytes, offset).map(u32::from_be_bytes);
    at(bytes, 12).filter(|kind| kind == b"IHDR")?;
    Some((size(16)?, size(20)?))
}

/// The screen, which browsers widen to the first image (GIF89a, 18 and 20).
fn gif(bytes: &[u8]) -> Option<(u32, u32)> {
    let colours = |flags: u8| if flags & 0x80 == 0 { 0 } else { 6 << (flags & 7) };
    let mut offset = 13 + colours(*bytes.get(10)?);
    while *bytes.get(offset)? == 0x21 {
        offset += 2;
        loop {
            let length = *bytes.get(offset)?;
            offset += 1 + usize::from(length);
            if length == 0 {
                break;
            }
        }
    }
    let image = bytes.get(offset..).filter(|image| image.starts_with(&[0x2c]))?;
    let (right, bottom) = (little(image, 1)? + little(image, 5)?, little(image, 3)? + little(image, 7)?);
    Some((little(bytes, 6)?.max(right), little(bytes, 8)?.max(bottom)))
}

/// The first chunk, of any of three kinds (RFC 9649, 2.5 to 2.7).
fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    let three = |offset| at(bytes, offset).map(|[a, b, c]| u32::from_le_bytes([a, b, c, 0]) + 1);
    match &at(bytes, 12)? {
        b"VP8X" => Some((three(24)?, three(27)?)),
        b"VP8L" => {
            let bits = at(bytes, 21).filter(|_| bytes.get(20) == Some(&0x2f)).map(u32::from_le_bytes)?;
            Some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
        }
        b"VP8 " => {
            at(bytes, 23).filter(|code| *code == [0x9d, 0x01, 0x2a])?;
            Some((little(bytes, 26)? & 0x3fff, little(bytes, 28)? & 0x3fff))
        }
        _ => None,
    }
}

/// The header of the frame, after segments of other kinds (ITU-T T.81, B.2.2).
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut offset = 2;
    loop {
        let [0xff, kind] = at(bytes, offset)? else { return None };
        match kind {
            // Fill bytes may stand before a marker.
            0xff => offset += 1,
            0xc4 | 0xc8 | 0xcc | 0xe0..=0xef | 0xfe | 0xdb | 0xdd => {
                offset += 2 + usize::try_from(big(bytes, offset + 2)?).ok()?;
            }
            0xc0..=0xcf => return Some((big(bytes, offset + 7)?, big(bytes, offset + 5)?)),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_are_told_by_the_first_bytes() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x75\x30\0\0\x75\x30";
        let gif = b"GIF89a\x03\0\x02\0\x80\0\0......\x21\xf9\x04\0\0\0\0\0\x2c\0\0\0\0\x03\0\x02\0";
        let wide = b"GIF87a\x01\0\x01\0\0\0\0\x2c\x01\0\0\0\x03\0\x02\0";
        let extended = b"RIFF....WEBPVP8X........\x01\0\0\x02\0\0";
        let lossless = b"RIFF....WEBPVP8L....\x2f\x01\x80\0\0";
        let lossy = b"RIFF....WEBPVP8 .......\x9d\x01\x2a\x02\x40\x03\x40";
        let jpeg = b"\xff\xd8\xff\xe0\0\x04..\xff\xff\xdb\0\x02\xff\xc2\0\x11\x08\0\x02\0\x03";
        for (bytes, expected) in [
            (&png[..], 900_000_000),
            (&gif[..], 6),
            (&wide[..], 8),
            (&extended[..], 6),
            (&lossless[..], 6),
            (&lossy[..], 6),
            (&jpeg[..], 6),
        ] {
            assert_eq!(pixels(bytes), Some(expected), "{bytes:?}");
            for end in 0..bytes.len() {
                assert_eq!(pixels(&bytes[..end]), None, "{:?}", &bytes[..end]);
            }
        }
        for unknown in
            [&b"BM"[..], b"<svg>", b"\xff\xd8\xff\xd9\0\0", b"\xff\xd8\xff\xc0\0\x11\x08\0\0\0\x03"]
        {
            assert_eq!(pixels(unknown), None, "{unknown:?}");
        }
    }
}
