//! A decoder of updates without the values that only documents of other kinds have.
//!
//! The crate reads those as JSON and from a format of its own; what reads them would weigh more than all that is here.

use yrs::encoding::read::{Error, Read};
use yrs::updates::decoder::{Decoder, DecoderV1};
use yrs::{Any, ID};

/// Reads plain text, and what is deleted of it.
pub(super) struct PlainDecoder<'a>(DecoderV1<'a>);

impl<'a> PlainDecoder<'a> {
    pub(super) fn new(update: &'a [u8]) -> Self {
        Self(update.into())
    }
}

impl Read for PlainDecoder<'_> {
    fn read_exact(&mut self, len: usize) -> Result<&[u8], Error> {
        self.0.read_exact(len)
    }
}

impl Decoder for PlainDecoder<'_> {
    fn reset_ds_cur_val(&mut self) {
        self.0.reset_ds_cur_val();
    }

    fn read_ds_clock(&mut self) -> Result<u32, Error> {
        self.0.read_ds_clock()
    }

    fn read_ds_len(&mut self) -> Result<u32, Error> {
        self.0.read_ds_len()
    }

    fn read_left_id(&mut self) -> Result<ID, Error> {
        self.0.read_left_id()
    }

    fn read_right_id(&mut self) -> Result<ID, Error> {
        self.0.read_right_id()
    }

    fn read_client(&mut self) -> Result<yrs::ClientID, Error> {
        self.0.read_client()
    }

    fn read_info(&mut self) -> Result<u8, Error> {
        self.0.read_info()
    }

    fn read_parent_info(&mut self) -> Result<bool, Error> {
        self.0.read_parent_info()
    }

    fn read_type_ref(&mut self) -> Result<u8, Error> {
        Err(Error::UnexpectedValue)
    }

    fn read_len(&mut self) -> Result<u32, Error> {
        self.0.read_len()
    }

    fn read_any(&mut self) -> Result<Any, Error> {
        Err(Error::UnexpectedValue)
    }

    fn read_json(&mut self) -> Result<Any, Error> {
        Err(Error::UnexpectedValue)
    }

    fn read_key(&mut self) -> Result<std::sync::Arc<str>, Error> {
        Err(Error::UnexpectedValue)
    }

    fn read_to_end(&mut self) -> Result<&[u8], Error> {
        Err(Error::UnexpectedValue)
    }
}
