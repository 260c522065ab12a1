//! A network namespace with a veth pair of its own, for one test. Needs root.

use std::error::Error;
use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sched::{CloneFlags, unshare};

pub type Outcome = Result<(), Box<dyn Error>>;

pub const PATIENCE: Duration = Duration::from_secs(2);

/// Moves this test's thread into a new namespace and connects `r3a` (10.9.0.1) to `r3b`; both go when the thread ends.
pub fn namespace_with_veth() -> Outcome {
    unshare(CloneFlags::CLONE_NEWNET)?;
    ip("link add r3a type veth peer name r3b")?;
    ip("link set r3b address 02:00:00:00:00:0b")?;
    for end in ["r3a", "r3b"] {
        ip(&format!("link set {end} addrgenmode none"))?;
        ip(&format!("link set {end} up"))?;
    }
    ip("address add 10.9.0.1/24 dev r3a")?;
    ip("neighbour add 10.9.0.2 lladdr 02:00:00:00:00:0b dev r3a")?;
    wait_until_up()
}

pub fn ip(arguments: &str) -> Outcome {
    let done = Command::new("ip").args(arguments.split(' ')).status()?;
    if done.success() { Ok(()) } else { Err(io::Error::other(format!("ip {arguments}: {done}")).into()) }
}

/// Until `r3a` sends what it is given: the kernel notices a carrier in its own time, up to a second later.
pub fn wait_until_up() -> Outcome {
    let patience = Instant::now() + PATIENCE;
    while Instant::now() < patience {
        let shown = Command::new("ip").args(["-o", "link", "show", "r3a"]).output()?;
        if String::from_utf8_lossy(&shown.stdout).contains("state UP") {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Err("r3a did not come up".into())
}

/// Sends frames, given in hexadecimal digits, as they are, from `r3a`.
pub fn send_raw(frames: &[String]) -> Outcome {
    let program = "import socket as s, sys\n\
        raw = s.socket(s.AF_PACKET, s.SOCK_RAW)\n\
        raw.bind(('r3a', 0))\n\
        for line in sys.stdin: raw.send(bytes.fromhex(line))";
    let mut sender = Command::new("python3").args(["-c", program]).stdin(Stdio::piped()).spawn()?;
    sender.stdin.take().ok_or("no standard input")?.write_all((frames.join("\n") + "\n").as_bytes())?;
    let done = sender.wait()?;
    if done.success() { Ok(()) } else { Err(io::Error::other(format!("python3: {done}")).into()) }
}
