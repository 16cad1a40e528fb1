//! Spots of a shared picture, as everybody sees it in a size of their own.

/// Most spots of one message.
pub const MAX_PATH_SPOTS: usize = 16;

/// A spot of a picture, in 65535ths of its width and height from the upper left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// Across.
    pub x: u16,
    /// Down.
    pub y: u16,
}

impl Spot {
    /// Reads spots from the numbers of each in turn; `None` if one is cut off, or there are too many.
    pub(super) fn read(numbers: &[u16]) -> Option<Vec<Self>> {
        let (pairs, rest) = numbers.as_chunks();
        let is_path = rest.is_empty() && pairs.len() <= MAX_PATH_SPOTS;
        is_path.then(|| pairs.iter().map(|&[x, y]| Self { x, y }).collect())
    }
}
