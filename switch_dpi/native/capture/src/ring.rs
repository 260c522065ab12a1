//! A ring of packets that is shared with the Linux kernel (TPACKET_V3 and V2, `packet(7)`, Documentation/networking/packet_mmap.rst).
//!
//! The kernel hands packets over in blocks or one by one ([`HandOver`]); dropping a [`Block`] hands them back. Frames come
//! out as they were on the wire: a VLAN tag that the kernel (or the card) took out is put back. This is the only file of
//! the workspace with `unsafe` in it.
#![allow(unsafe_code)] // system calls, and memory that the kernel writes
#![deny(clippy::undocumented_unsafe_blocks)]

use std::ffi::{CString, c_int, c_uint};
use std::io;
use std::marker::PhantomData;
use std::mem;
use std::ops::Range;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::Packet;
use crate::ring_layout::{ETHERNET_ADDRESSES_SIZE, ETHERNET_HEADER_SIZE, Header, Layout, VLAN_TAG_SIZE};
use crate::ring_options::{ETHERNET_LINK_TYPE, link_type_of};
pub use crate::ring_options::{HandOver, RingError, RingOptions, Statistics};

/// An open ring on one interface.
pub struct Ring {
    socket: OwnedFd,
    memory: Mapping,
    interface: String,
    index: c_uint,
    link_type: u32,
    layout: Layout,
    current: usize,
    statistics: Statistics,
}

impl Ring {
    /// Opens a ring on the named interface of the calling thread's network namespace. Needs `CAP_NET_RAW`.
    ///
    /// # Errors
    /// A [`RingError`]; an interface that is down can be opened, and [`Self::poll`] then says so.
    pub fn open(interface: &str, options: &RingOptions) -> Result<Self, RingError> {
        let ring = Self::open_closed(interface, options)?;
        ring.let_in(options.snap_size)?;
        Ok(ring)
    }

    /// As [`Self::open`], but nothing comes in before [`Self::let_in`].
    pub(crate) fn open_closed(interface: &str, options: &RingOptions) -> Result<Self, RingError> {
        options.check(page_size())?;
        let index =
            interface_index(interface).ok_or_else(|| RingError::NoSuchInterface { interface: interface.to_owned() })?;
        let socket = open_socket()?;
        let layout = Layout::of(options);
        set(&socket, "PACKET_VERSION", libc::PACKET_VERSION, &(layout.version() as c_int))?;
        set(&socket, "PACKET_RESERVE", libc::PACKET_RESERVE, &(VLAN_TAG_SIZE as c_uint))?;
        set(&socket, "PACKET_IGNORE_OUTGOING", libc::PACKET_IGNORE_OUTGOING, &c_int::from(options.ignore_outgoing))?;
        limit_size(&socket, 0)?;
        set(&socket, "PACKET_RX_RING", libc::PACKET_RX_RING, &request(options))?;
        let memory = Mapping::new(&socket, options.block_size as usize, options.block_count as usize)?;
        bind(&socket, index)?;
        if options.promiscuous {
            set(&socket, "PACKET_ADD_MEMBERSHIP", libc::PACKET_ADD_MEMBERSHIP, &promiscuous(index))?;
        }
        let hardware = hardware_type(&socket)?;
        let link_type = link_type_of(hardware)
            .ok_or_else(|| RingError::UnsupportedLink { interface: interface.to_owned(), hardware })?;
        let interface = interface.to_owned();
        Ok(Self { socket, memory, interface, index, link_type, layout, current: 0, statistics: Statistics::default() })
    }

    /// Lets packets in, each cut to `snap_size` bytes.
    pub(crate) fn let_in(&self, snap_size: u32) -> Result<(), RingError> {
        limit_size(&self.socket, snap_size)
    }

    /// Joins the rings of a group that share packets, or begins a group; the group's number.
    pub(crate) fn join(&self, group: Option<u16>, ignore_outgoing: bool) -> Result<u16, RingError> {
        let outgoing = if ignore_outgoing { libc::PACKET_FANOUT_FLAG_IGNORE_OUTGOING } else { 0 };
        let unique = if group.is_none() { libc::PACKET_FANOUT_FLAG_UNIQUEID } else { 0 };
        let request = (libc::PACKET_FANOUT_CBPF | outgoing | unique) << 16 | c_uint::from(group.unwrap_or(0));
        set(&self.socket, "PACKET_FANOUT", libc::PACKET_FANOUT, &request)?;
        let mut joined: c_int = 0;
        get(&self.socket, "PACKET_FANOUT", libc::SOL_PACKET, libc::PACKET_FANOUT, &mut joined)?;
        Ok(joined as u16) // the lower half
    }

    /// Gives the ring's group the program that says which of them a packet goes to.
    pub(crate) fn share_by(&self, program: &mut [libc::sock_filter]) -> Result<(), RingError> {
        let length = u16::try_from(program.len()).unwrap_or(u16::MAX);
        let program = libc::sock_fprog { len: length, filter: program.as_mut_ptr() };
        set(&self.socket, "PACKET_FANOUT_DATA", libc::PACKET_FANOUT_DATA, &program)
    }

    /// Bytes before the network header: 14 (IEEE 802.3 §3.1.1), or none.
    pub(crate) fn link_header_size(&self) -> u32 {
        if self.link_type == ETHERNET_LINK_TYPE { ETHERNET_HEADER_SIZE } else { 0 }
    }

    /// Waits for the next block of packets; `None` when the time is over or a signal came.
    ///
    /// # Errors
    /// [`RingError::InterfaceDown`] once each time that the interface goes down (packets come again when it is up),
    /// [`RingError::InterfaceGone`] when it was deleted: open a new ring when there is a new interface.
    pub fn poll(&mut self, timeout: Duration) -> Result<Option<Block<'_>>, RingError> {
        if !self.is_filled(self.current) {
            self.wait(timeout)?;
        }
        let ready = (0..self.layout.max_run()).take_while(|ahead| self.is_filled(self.current + ahead)).count();
        if ready == 0 {
            return Ok(None);
        }
        let (next, left) = match self.layout {
            Layout::Blocks { .. } => {
                let head = mem::offset_of!(libc::tpacket_block_desc, hdr);
                let header: Option<libc::tpacket_hdr_v1> = self.memory.read(self.current, head);
                header.map_or((0, 0), |header| (header.offset_to_first_pkt as usize, header.num_pkts as usize))
            }
            Layout::Slots { .. } => (self.current, ready),
        };
        Ok(Some(Block { next, left, taken: ready, ring: self }))
    }

    /// What was counted since the ring was opened.
    ///
    /// # Errors
    /// [`RingError::System`] when the kernel does not answer.
    pub fn statistics(&mut self) -> Result<Statistics, RingError> {
        // SAFETY: a structure of integers, for which zero is a value.
        let mut counted: libc::tpacket_stats_v3 = unsafe { mem::zeroed() };
        get(&self.socket, "PACKET_STATISTICS", libc::SOL_PACKET, libc::PACKET_STATISTICS, &mut counted)?;
        self.statistics.add(counted.tp_packets, counted.tp_drops, counted.tp_freeze_q_cnt);
        Ok(self.statistics)
    }

    fn is_filled(&self, unit: usize) -> bool {
        self.status(unit).load(Ordering::Acquire) & libc::TP_STATUS_USER != 0
    }

    /// The word by which a unit of the ring changes hands.
    fn status(&self, unit: usize) -> &AtomicU32 {
        let (block, at) = self.layout.status_at(unit);
        self.memory.word(block, at)
    }

    fn wait(&self, timeout: Duration) -> Result<(), RingError> {
        let mut wanted = libc::pollfd { fd: self.socket.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        let limit = libc::timespec {
            tv_sec: libc::time_t::try_from(timeout.as_secs()).unwrap_or(libc::time_t::MAX),
            tv_nsec: timeout.subsec_nanos().into(),
        };
        // SAFETY: one pollfd and one timespec, both alive during the call; no signal mask.
        let ready = unsafe { libc::ppoll(&raw mut wanted, 1, &raw const limit, ptr::null()) };
        if ready < 0 {
            let source = io::Error::last_os_error();
            let interrupted = source.kind() == io::ErrorKind::Interrupted;
            return if interrupted { Ok(()) } else { Err(RingError::System { call: "ppoll", source }) };
        }
        if wanted.revents & libc::POLLERR != 0 { self.pending_error() } else { Ok(()) }
    }

    fn pending_error(&self) -> Result<(), RingError> {
        let mut code: c_int = 0;
        get(&self.socket, "SO_ERROR", libc::SOL_SOCKET, libc::SO_ERROR, &mut code)?;
        let interface = self.interface.clone();
        match code {
            0 => Ok(()),
            libc::ENETDOWN if interface_index(&self.interface) == Some(self.index) => {
                Err(RingError::InterfaceDown { interface })
            }
            libc::ENETDOWN => Err(RingError::InterfaceGone { interface }),
            _ => Err(RingError::System { call: "recv", source: io::Error::from_raw_os_error(code) }),
        }
    }
}

/// Packets that the kernel handed over; they go back when it is dropped.
pub struct Block<'ring> {
    ring: &'ring mut Ring,
    next: usize,
    left: usize,
    taken: usize,
}

impl Block<'_> {
    /// The packets that were not yielded yet, in the order of their arrival.
    pub fn packets(&mut self) -> Packets<'_> {
        Packets {
            memory: &mut self.ring.memory,
            layout: self.ring.layout,
            block: self.ring.current,
            link_type: self.ring.link_type,
            next: &mut self.next,
            left: &mut self.left,
        }
    }
}

impl Drop for Block<'_> {
    fn drop(&mut self) {
        for unit in self.ring.current..self.ring.current + self.taken {
            self.ring.status(unit).store(libc::TP_STATUS_KERNEL, Ordering::Release);
        }
        self.ring.current = (self.ring.current + self.taken) % self.ring.layout.units();
    }
}

/// Iterates over the packets of a block; they stay valid until the block is used otherwise.
pub struct Packets<'block> {
    memory: &'block mut Mapping,
    layout: Layout,
    block: usize,
    link_type: u32,
    next: &'block mut usize,
    left: &'block mut usize,
}

impl<'block> Iterator for Packets<'block> {
    type Item = Packet<'block>;

    fn next(&mut self) -> Option<Packet<'block>> {
        *self.left = self.left.checked_sub(1)?;
        let (block, at, header) = self.header()?;
        let start = at.checked_add(header.frame_at)?;
        let mut frame = start..start.checked_add(header.captured)?;
        let mut original_size = header.original_size;
        if let Some(tag) = header.tag {
            frame = self.put_tag_back(tag, block, at + header.size, frame)?;
            original_size += VLAN_TAG_SIZE as u32;
        }
        // SAFETY: `'block` is the exclusive borrow of the `Block`, so what it took stays ours; what is still written there
        // (tags put back) belongs to packets after this one.
        let data = unsafe { self.memory.lend(block, frame) }?;
        Some(Packet { at_ns: header.at_ns, link_type: self.link_type, original_size, data })
    }
}

impl Packets<'_> {
    /// The next packet's header and where it stands.
    fn header(&mut self) -> Option<(usize, usize, Header)> {
        match self.layout {
            Layout::Blocks { .. } => {
                let (block, at) = (self.block, *self.next);
                let header: libc::tpacket3_hdr = self.memory.read(block, at)?;
                *self.next = at.checked_add(header.tp_next_offset as usize)?;
                Some((block, at, Header::from_v3(&header)))
            }
            Layout::Slots { .. } => {
                let (block, at) = self.layout.status_at(*self.next);
                let header: libc::tpacket2_hdr = self.memory.read(block, at)?;
                *self.next += 1;
                Some((block, at, Header::from_v2(&header)))
            }
        }
    }

    /// Moves the addresses towards the packet's header, into the room that `PACKET_RESERVE` made, and writes the tag.
    fn put_tag_back(
        &mut self,
        tag: [u8; VLAN_TAG_SIZE],
        block: usize,
        room_at: usize,
        frame: Range<usize>,
    ) -> Option<Range<usize>> {
        let start = frame.start.checked_sub(VLAN_TAG_SIZE)?;
        if start < room_at || frame.len() < ETHERNET_ADDRESSES_SIZE {
            return None;
        }
        let bytes = self.memory.bytes_mut(block, start..frame.end)?;
        bytes.copy_within(VLAN_TAG_SIZE..VLAN_TAG_SIZE + ETHERNET_ADDRESSES_SIZE, 0);
        *bytes.get_mut(ETHERNET_ADDRESSES_SIZE..)?.first_chunk_mut()? = tag;
        Some(start..frame.end)
    }
}

/// The ring's memory. Ranges are of one block and checked against its size.
///
/// A unit (a block, or a packet's slot) belongs to the kernel until its status says `TP_STATUS_USER`, and to the [`Block`]
/// that [`Ring::poll`] made of it until that is dropped; nothing but the status is touched at other times.
struct Mapping {
    start: NonNull<u8>,
    block_size: usize,
    block_count: usize,
    owner: PhantomData<[u8]>,
}

// SAFETY: the mapping belongs to the process, not to a thread, and `Mapping` is its only owner.
unsafe impl Send for Mapping {}

impl Mapping {
    fn new(socket: &OwnedFd, block_size: usize, block_count: usize) -> Result<Self, RingError> {
        let (size, access) = (block_size * block_count, libc::PROT_READ | libc::PROT_WRITE);
        // SAFETY: a new mapping at an address of the kernel's choice; the result is checked.
        let start = unsafe { libc::mmap(ptr::null_mut(), size, access, libc::MAP_SHARED, socket.as_raw_fd(), 0) };
        let failed = || RingError::System { call: "mmap", source: io::Error::last_os_error() };
        if start == libc::MAP_FAILED {
            return Err(failed());
        }
        let start = NonNull::new(start.cast()).ok_or_else(failed)?;
        Ok(Self { start, block_size, block_count, owner: PhantomData })
    }

    /// Where `range` of a block is; `None` when it is not within the block.
    fn place(&self, block: usize, range: &Range<usize>) -> Option<*mut u8> {
        if block >= self.block_count || range.start > range.end || range.end > self.block_size {
            return None;
        }
        // SAFETY: both sums are within the mapping, as has just been checked.
        Some(unsafe { self.start.as_ptr().add(block * self.block_size + range.start) })
    }

    /// A word of 32 bits that the kernel writes too; in the first block when it would not be within the block.
    fn word(&self, block: usize, at: usize) -> &AtomicU32 {
        let start = self.place(block, &(at..at + mem::size_of::<u32>())).unwrap_or(self.start.as_ptr());
        // SAFETY: within the mapping and aligned (layouts place it so), and never used but as an atomic: `read` copies the
        // word of a unit that is ours, which the kernel does not write.
        unsafe { AtomicU32::from_ptr(start.cast()) }
    }

    /// A copy of a structure of the kernel's.
    fn read<T: KernelStructure>(&self, block: usize, at: usize) -> Option<T> {
        let place = self.place(block, &(at..at.checked_add(mem::size_of::<T>())?))?;
        // SAFETY: the bytes are within the block, and every pattern of bits is a `KernelStructure`.
        Some(unsafe { ptr::read_unaligned(place.cast()) })
    }

    fn bytes_mut(&mut self, block: usize, range: Range<usize>) -> Option<&mut [u8]> {
        let place = self.place(block, &range)?;
        // SAFETY: within the block, which is ours (see `Mapping`), and `self` is borrowed exclusively.
        Some(unsafe { std::slice::from_raw_parts_mut(place, range.len()) })
    }

    /// Bytes of a packet.
    ///
    /// # Safety
    /// During `'block` the block must stay ours, and nothing may write into `range`.
    unsafe fn lend<'block>(&self, block: usize, range: Range<usize>) -> Option<&'block [u8]> {
        let place = self.place(block, &range)?;
        // SAFETY: within the block; the caller promises the rest.
        Some(unsafe { std::slice::from_raw_parts(place, range.len()) })
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: what `new` mapped, once; nothing borrows it any more.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.block_size * self.block_count) };
    }
}

/// Plain structures of integers, valid for every pattern of bits.
///
/// # Safety
/// Implement it for such structures only.
unsafe trait KernelStructure: Copy {}
// SAFETY: integers.
unsafe impl KernelStructure for libc::tpacket_hdr_v1 {}
// SAFETY: integers.
unsafe impl KernelStructure for libc::tpacket3_hdr {}
// SAFETY: integers.
unsafe impl KernelStructure for libc::tpacket2_hdr {}
// SAFETY: integers.
unsafe impl KernelStructure for libc::tpacket_stats_v3 {}
// SAFETY: an integer.
unsafe impl KernelStructure for c_int {}

fn page_size() -> u32 {
    // SAFETY: a call without pointers.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u32::try_from(size).unwrap_or(4096)
}

fn interface_index(interface: &str) -> Option<c_uint> {
    let name = CString::new(interface).ok()?;
    // SAFETY: a string that ends in zero and lives during the call.
    let index = unsafe { libc::if_nametoindex(name.as_ptr()) };
    (index != 0).then_some(index)
}

/// Receives nothing yet: the protocol is given by `bind`, so that no packet of another interface gets into the ring.
fn open_socket() -> Result<OwnedFd, RingError> {
    // SAFETY: a call without pointers; the result is checked.
    let socket = unsafe { libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0) };
    if socket < 0 {
        let source = io::Error::last_os_error();
        let refused = source.kind() == io::ErrorKind::PermissionDenied;
        return Err(if refused { RingError::NoPermission } else { RingError::System { call: "socket", source } });
    }
    // SAFETY: a descriptor that was just made and has no other owner.
    Ok(unsafe { OwnedFd::from_raw_fd(socket) })
}

fn request(options: &RingOptions) -> libc::tpacket_req3 {
    libc::tpacket_req3 {
        tp_block_size: options.block_size,
        tp_block_nr: options.block_count,
        tp_frame_size: options.frame_size,
        tp_frame_nr: options.block_size / options.frame_size * options.block_count,
        tp_retire_blk_tov: options.block_timeout_ms,
        tp_sizeof_priv: 0,
        tp_feature_req_word: 0,
    }
}

fn promiscuous(index: c_uint) -> libc::packet_mreq {
    libc::packet_mreq {
        mr_ifindex: index as c_int,
        mr_type: libc::PACKET_MR_PROMISC as u16,
        mr_alen: 0,
        mr_address: [0; 8],
    }
}

/// The kernel keeps as many bytes of a packet as the socket's filter says, none at all for 0: this one says the same of every
/// packet.
fn limit_size(socket: &OwnedFd, snap_size: u32) -> Result<(), RingError> {
    let keep = libc::sock_filter { code: (libc::BPF_RET | libc::BPF_K) as u16, jt: 0, jf: 0, k: snap_size };
    let mut program = [keep];
    let filter = libc::sock_fprog { len: 1, filter: program.as_mut_ptr() };
    set_at(socket, "SO_ATTACH_FILTER", libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &filter)
}

fn bind(socket: &OwnedFd, index: c_uint) -> Result<(), RingError> {
    // SAFETY: a structure of integers, for which zero is a value.
    let mut address: libc::sockaddr_ll = unsafe { mem::zeroed() };
    address.sll_family = libc::AF_PACKET as u16;
    address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
    address.sll_ifindex = index as c_int;
    let size = mem::size_of_val(&address) as libc::socklen_t;
    // SAFETY: an address of the size that is given with it, alive during the call.
    let result = unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), size) };
    checked("bind", result)
}

/// The interface's `ARPHRD_` number, which the socket knows once it is bound.
fn hardware_type(socket: &OwnedFd) -> Result<u16, RingError> {
    // SAFETY: a structure of integers, for which zero is a value.
    let mut address: libc::sockaddr_ll = unsafe { mem::zeroed() };
    let mut size = mem::size_of_val(&address) as libc::socklen_t;
    // SAFETY: room of the size that is given with it, alive during the call.
    let result = unsafe { libc::getsockname(socket.as_raw_fd(), (&raw mut address).cast(), &raw mut size) };
    checked("getsockname", result).map(|()| address.sll_hatype)
}

fn set<T>(socket: &OwnedFd, call: &'static str, option: c_int, value: &T) -> Result<(), RingError> {
    set_at(socket, call, libc::SOL_PACKET, option, value)
}

fn set_at<T>(socket: &OwnedFd, call: &'static str, level: c_int, option: c_int, value: &T) -> Result<(), RingError> {
    let (value, size) = (ptr::from_ref(value).cast(), mem::size_of::<T>() as libc::socklen_t);
    // SAFETY: a value of the size that is given with it, alive during the call.
    checked(call, unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, value, size) })
}

fn get<T: KernelStructure>(
    socket: &OwnedFd,
    call: &'static str,
    level: c_int,
    option: c_int,
    value: &mut T,
) -> Result<(), RingError> {
    let mut size = mem::size_of::<T>() as libc::socklen_t;
    let value = ptr::from_mut(value).cast();
    // SAFETY: room of the size that is given with it, alive during the call.
    checked(call, unsafe { libc::getsockopt(socket.as_raw_fd(), level, option, value, &raw mut size) })
}

fn checked(call: &'static str, result: c_int) -> Result<(), RingError> {
    if result == 0 { Ok(()) } else { Err(RingError::System { call, source: io::Error::last_os_error() }) }
}
