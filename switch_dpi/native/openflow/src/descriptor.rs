//! A descriptor on its way from Python: sent over a pair of sockets (SCM_RIGHTS, unix(7)), so that who takes it owns it without
//! having to trust a number.

use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

/// Takes the descriptor that was sent to `channel`.
///
/// # Errors
/// The system's, and [`io::ErrorKind::InvalidData`] when the message has none.
pub fn receive(channel: &UnixDatagram) -> io::Result<OwnedFd> {
    let (mut byte, mut space) = ([0], [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))]);
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
    recvmsg(channel, &mut [IoSliceMut::new(&mut byte)], &mut control, flags)?;
    let found = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    found.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "expected a message with a descriptor"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_without_a_descriptor_is_refused_and_none_is_not_waited_for() {
        let (near, far) = UnixDatagram::pair().unwrap();
        assert_eq!(receive(&near).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        far.send(b"x").unwrap();
        assert_eq!(receive(&near).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
