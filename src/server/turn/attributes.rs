//! Attributes of requests that the relay understands, and errors for the others.
//!
//! See RFC 8489 section 6.3.1 and RFC 8656 section 7.2.

use turn_types::attribute::{
    AdditionalAddressFamily, ChannelNumber, Data, EvenPort, Lifetime, RequestedAddressFamily,
    RequestedTransport, ReservationToken, XorPeerAddress, XorRelayedAddress,
};
use turn_types::message::{ALLOCATE, CHANNEL_BIND, CREATE_PERMISSION, REFRESH};
use turn_types::stun::attribute::{
    AttributeType, ErrorCode, MessageIntegrity, MessageIntegritySha256, Nonce, PasswordAlgorithm, Realm,
    UnknownAttributes, Userhash, Username, XorMappedAddress,
};
use turn_types::stun::message::{Message, Method};
use turn_types::stun::prelude::{Attribute, AttributeStaticType};

/// Most attributes of one request. Signing it again compares each one with all before it.
pub(super) const MAX_ATTRIBUTES: usize = 64;
/// MAPPED-ADDRESS (RFC 8489 section 14.1).
const MAPPED_ADDRESS: AttributeType = AttributeType::new(0x0001);
/// Attributes understood in some message; in others they are ignored (RFC 8489 section 6.3).
///
/// DONT-FRAGMENT is left out: it cannot be promised, as the path to a peer may be a stream (RFC 8656 section 7.2).
const UNDERSTOOD: [AttributeType; 20] = [
    MAPPED_ADDRESS,
    Username::TYPE,
    MessageIntegrity::TYPE,
    ErrorCode::TYPE,
    UnknownAttributes::TYPE,
    ChannelNumber::TYPE,
    Lifetime::TYPE,
    XorPeerAddress::TYPE,
    Data::TYPE,
    Realm::TYPE,
    Nonce::TYPE,
    XorRelayedAddress::TYPE,
    RequestedAddressFamily::TYPE,
    EvenPort::TYPE,
    RequestedTransport::TYPE,
    MessageIntegritySha256::TYPE,
    PasswordAlgorithm::TYPE,
    Userhash::TYPE,
    XorMappedAddress::TYPE,
    ReservationToken::TYPE,
];

/// Protocol number of UDP in REQUESTED-TRANSPORT.
const UDP: u8 = 17;
/// Address family of IPv4 in REQUESTED-ADDRESS-FAMILY (RFC 8656 section 18.6).
const IPV4: u8 = 1;
const IPV6: u8 = 2;

/// The wishes of an Allocate request beyond a relayed address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AllocateRequest {
    /// The relayed address is to have an even port.
    pub(super) even_port: bool,
}

/// Lists comprehension-required attributes that the relay does not understand.
pub(super) fn unknown(request: &Message<'_>) -> Option<UnknownAttributes> {
    let types = request.iter_attributes().map(|(_, attribute)| attribute.get_type());
    let unknown: Vec<_> = types
        .filter(|kind| kind.comprehension_required() && !UNDERSTOOD.contains(kind))
        .take(MAX_ATTRIBUTES)
        .collect();
    (!unknown.is_empty()).then(|| UnknownAttributes::new(&unknown))
}

/// Whether a request of this method may bring an attribute to the core of `client`. Others are left out.
pub(super) fn belongs(kind: AttributeType, method: Method) -> bool {
    match kind {
        Username::TYPE | Realm::TYPE => true,
        RequestedTransport::TYPE | RequestedAddressFamily::TYPE | AdditionalAddressFamily::TYPE => {
            method == ALLOCATE
        }
        Lifetime::TYPE => method == ALLOCATE || method == REFRESH,
        XorPeerAddress::TYPE => method == CREATE_PERMISSION || method == CHANNEL_BIND,
        ChannelNumber::TYPE => method == CHANNEL_BIND,
        _ => false,
    }
}

/// Checks an Allocate request, in the order of RFC 8656 section 7.2.
///
/// # Errors
/// The code of the error.
pub(super) fn allocation(request: &Message<'_>) -> Result<AllocateRequest, u16> {
    let transport = octet(request, RequestedTransport::TYPE, 4)?.ok_or(ErrorCode::BAD_REQUEST)?;
    // Connections to peers (RFC 6062) are not supported.
    if transport != UDP {
        return Err(ErrorCode::UNSUPPORTED_TRANSPORT_PROTOCOL);
    }
    let token = request.raw_attribute(ReservationToken::TYPE);
    let even_port = octet(request, EvenPort::TYPE, 1)?;
    let requested = octet(request, RequestedAddressFamily::TYPE, 4)?;
    let additional = octet(request, AdditionalAddressFamily::TYPE, 4)?;
    if let Some(token) = token {
        let alone = even_port.is_none() && requested.is_none() && additional.is_none();
        // Nothing is ever reserved.
        return Err(match alone && token.length() == 8 {
            true => ErrorCode::INSUFFICIENT_CAPACITY,
            false => ErrorCode::BAD_REQUEST,
        });
    }
    let reserves = even_port.is_some_and(|bits| bits & 0x80 != 0);
    match (requested, additional) {
        (Some(_), Some(_)) => return Err(ErrorCode::BAD_REQUEST),
        (Some(family), None) if family != IPV4 => return Err(ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED),
        // The answer says that there is no address of IPv6 beside that of IPv4.
        (None, Some(family)) if family != IPV6 || reserves => return Err(ErrorCode::BAD_REQUEST),
        _ => {}
    }
    if reserves {
        return Err(ErrorCode::INSUFFICIENT_CAPACITY);
    }
    Ok(AllocateRequest { even_port: even_port.is_some() })
}

/// Checks a Refresh request: all relayed addresses are of IPv4 (RFC 8656 section 8.2).
///
/// # Errors
/// The code of the error.
pub(super) fn refresh(request: &Message<'_>) -> Result<(), u16> {
    match octet(request, RequestedAddressFamily::TYPE, 4)? {
        None | Some(IPV4) => Ok(()),
        Some(_) => Err(ErrorCode::PEER_ADDRESS_FAMILY_MISMATCH),
    }
}

/// Returns the first byte of an attribute whose value must have `length` bytes.
fn octet(request: &Message<'_>, kind: AttributeType, length: u16) -> Result<Option<u8>, u16> {
    let Some(attribute) = request.raw_attribute(kind) else { return Ok(None) };
    match (attribute.length() == length, attribute.value.first()) {
        (true, Some(first)) => Ok(Some(*first)),
        _ => Err(ErrorCode::BAD_REQUEST),
    }
}
